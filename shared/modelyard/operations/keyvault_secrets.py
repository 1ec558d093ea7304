"""keyvault-secrets: secrets of key vaults for the later steps of a job."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.azure.key_vault.names import address
from modelyard.context import Context
from modelyard.errors import FileError, InputError
from modelyard.names import plural
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.identity_inputs import IdentityInputs
from modelyard.operations.inputs.vault_inputs import vaults
from modelyard.operations.vaults import files, wanted
from modelyard.operations.vaults.fetching import fetch, fitting
from modelyard.operations.vaults.masks import mask
from modelyard.operations.vaults.values import Value, values
from modelyard.parallel import MOST

VARIABLES, OUTPUT, FILES = "variables", "output", "files"


@dataclass(frozen=True, kw_only=True)
class Inputs(IdentityInputs):
    vault: str | None = given(
        "Name or address of the key vault whose secrets are read, unless a name says another one.",
        default=None,
    )
    secrets: Structure | None = given(
        "Names of secrets, one a line, with commas or as a list; or a mapping of the name in the "
        "job to the name in the vault. A name is NAME, VAULT/NAME, or one of them with /VERSION. "
        "In place of a name '{secret: NAME, encoding: base64, json: flatten}' says more.",
        default=None,
        multiline=True,
        names=True,
    )
    filter: tuple[str, ...] = given(
        "Patterns of names, one a line, such as 'db-*' or 'other-vault/*'. Secrets that are "
        "disabled, expired or not valid yet are left out.",
        default=(),
    )
    prefix: str = given(
        "What stands before the names of variables that aren't given: db-password becomes "
        "PREFIX_DB_PASSWORD with 'PREFIX_'.",
        default="",
    )
    json: str = given(
        "What becomes of a value that is a JSON object or list: kept as it is, or a value for each "
        "thing in it (DB with a field user becomes DB_USER).",
        default="keep",
        choices=("keep", "flatten"),
    )
    deliver: str = given(
        "How the later steps get the values: as secret variables (environment variables on "
        "GitHub), as one secret output with all of them in JSON, or as files whose paths are in "
        "the variables, and which are overwritten and deleted when the job ends. On a terminal "
        "without MODELYARD_JOB nobody deletes them: at the end the command names their folder.",
        default=VARIABLES,
        choices=(VARIABLES, OUTPUT, FILES),
    )
    parallel: int = given(f"How many secrets are read at once, at most {MOST}.", default=8)


@dataclass(frozen=True)
class Outputs:
    names: tuple[str, ...] | None = result(
        "JSON list of the names under which the values are; set when all are."
    )
    values: str | None = result(
        "JSON object of name and value; set with deliver output.", secret=True
    )
    folder: str | None = result(
        "Folder of the files; set with deliver files, and empty once they are deleted."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    wanted.check_prefix(inputs.prefix)
    vault = inputs.vault or ""
    if vault:
        address(vault)
    named = wanted.secrets(inputs.secrets, vault)
    patterns = wanted.patterns(inputs.filter, vault)
    if not named and not patterns:
        raise InputError(
            "neither secrets nor filter says which secrets are wanted",
            fix="name some in secrets, or set filter to a pattern such as 'db-*'",
        )
    if not 1 <= inputs.parallel <= MOST:
        raise InputError(f"parallel is {inputs.parallel}", fix=f"give 1 to {MOST}")
    with vaults(inputs, context) as reader:
        known = {one.source.key for one in named}
        found = fitting(reader, patterns, context)
        asked = [*named, *(one for one in found if one.source.key not in known)]
        fetched = fetch(reader, asked, context, parallel=inputs.parallel)
    # All of them before the first is set: a value may be part of another one's name or error.
    # Then also the numbers that flattening hands out.
    mask(fetched, context)
    ready = values(fetched, prefix=inputs.prefix, flatten=inputs.json == "flatten")
    for value in ready:
        context.ci.mask(value.text)
    return _deliver(inputs, ready, context)


def _deliver(inputs: Inputs, ready: Sequence[Value], context: Context) -> Outputs:
    output = folder = None
    if inputs.deliver == OUTPUT:
        output = json.dumps({one.name: one.text for one in ready}, ensure_ascii=False)
    elif inputs.deliver == FILES and ready:
        paths = files.write(ready, context)
        folder = str(next(iter(paths.values())).parent)
        for name, path in paths.items():
            context.ci.set_variable(name, str(path))
        if not context.ci.releases_later:
            context.annotate("warning", _left(folder))
    else:
        for one in ready:
            context.ci.set_variable(one.name, one.text, secret=True)
    for one in ready:
        context.log.info("%s: from %s", one.name, one.source)
    return Outputs(names=tuple(one.name for one in ready), values=output, folder=folder)


def _left(folder: str) -> str:
    return (
        f"nobody deletes {folder}, which holds the files of secrets\n"
        f"  fix: rm -r {shlex.quote(folder)} after their use; or set MODELYARD_JOB to a folder, "
        "and end with modelyard release keyvault-secrets"
    )


def release(state: dict[str, str], _inputs: Inputs | None, context: Context) -> None:
    kept = [Path(one) for key, one in state.items() if key.startswith(files.FOLDER)]
    folders = [one for one in kept if one.exists()]
    if not folders:
        context.log.info("the files of secrets are gone already")
        context.publish(folder="")
        return
    # All are tried, whatever becomes of one.
    problems: list[FileError] = []
    count = 0
    for folder in folders:
        try:
            count += files.shred(folder)
        except FileError as error:
            problems.append(error)
    context.log.info("%s of secrets: overwritten and deleted", plural(count, "file"))
    context.publish(folder="")
    if problems:
        problems[0].what = "\n".join(one.what for one in problems)
        raise problems[0]


OPERATION = Operation(
    name="keyvault-secrets",
    title="Read secrets of Azure key vaults",
    description="Reads secrets of one or several key vaults, several at a time, and hands them to "
    "the later steps of the job: masked first, line by line and in every form that they can leave "
    "in. What a variable group linked to a key vault is on Azure Pipelines, this is on GitHub. A "
    "terminal hands no secret on: take deliver files there.",
    group="Azure",
    task_id="0d2f3a5e-3c0b-4f0e-9d0a-5b6f6a1c7e42",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    release_reads_inputs=False,
    variables=("*",),
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="vault: ml-dev-vault\nsecrets: |\n  DATABRICKS_TOKEN: databricks-token\n"
    "  STORAGE_KEY: shared-vault/storage-key",
)
