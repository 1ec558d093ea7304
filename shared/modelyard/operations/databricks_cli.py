"""databricks-cli: the classic Databricks command line, installed and configured for this job."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.azure.identity import DATABRICKS
from modelyard.context import Context
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.command_line import command_line, profile_file
from modelyard.databricks.command_line.profile_file import Profile
from modelyard.errors import FileError, InputError
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.allowed_workspaces import check_address
from modelyard.operations.inputs.workspace_inputs import (
    Workspace,
    WorkspaceInputs,
    open_workspace,
)

ME = "/api/2.0/preview/scim/v2/Me"
SECRETS = frozenset(
    {"DATABRICKS_TOKEN", "DATABRICKS_ACCESS_TOKEN", "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"}
)
"""Variables that pip and what it installs have no use for."""


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    version: str = given("Version of databricks-cli.", default=command_line.VERSION)
    profile: str = given("Name of the profile for workspace-url and token.", default="DEFAULT")
    profiles: Structure | None = given(
        "Further profiles: a mapping of names to host and token-variable, the name of the "
        "environment variable that holds the token.",
        default=None,
        file=True,
        multiline=True,
    )
    check: bool = given("Ask each workspace who the token belongs to.", default=True)


@dataclass(frozen=True)
class Outputs:
    version: str | None = result("Version of the program; set when it is there.")
    path: str | None = result("Folder of the program, put on PATH; set when it is there.")
    config_file: str | None = result("File with the profiles; set when there are any.")
    action: str | None = result("installed, or left-alone when the version was there.")
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    profiles = _profiles(inputs, context)
    if inputs.check:
        for profile in profiles:
            _check(profile, context)
    variables = {str(one["token-variable"]) for one in _further(inputs).values()}
    program = {k: v for k, v in context.environment.items() if k not in SECRETS | variables}
    folder = command_line.installed(inputs.version, program)
    action = "left-alone" if folder else "installed"
    if inputs.dry_run:
        verb = "would be left alone" if folder else "would be installed"
        context.log.info("databricks-cli %s: %s", inputs.version, verb)
        for profile in profiles:
            context.log.info("profile %s: would be written", profile.name)
        return Outputs(action=action)
    folder = folder or command_line.install(inputs.version, program)
    context.log.info("databricks-cli %s: %s, %s", inputs.version, action, folder)
    if not command_line.is_on_path(folder, program):
        context.ci.add_path(folder)
    context.publish(version=inputs.version, path=str(folder), action=action)
    return Outputs(config_file=_write(profiles, inputs, context) if profiles else None)


def release(state: dict[str, str], _inputs: Inputs | None, context: Context) -> None:
    path = Path(state["config_file"])
    done = "removed" if profile_file.shred(path) else "removed already"
    context.log.info("profiles %s: %s", path, done)


def _write(profiles: list[Profile], inputs: Inputs, context: Context) -> str:
    path = profile_file.new_path(_job_folder(context.environment))
    context.keep("config_file", str(path))
    profile_file.write(path, profiles)
    context.ci.set_variable("DATABRICKS_CONFIG_FILE", str(path))
    default = next((one for one in profiles if one.name == inputs.profile), None)
    if default is not None:
        context.ci.set_variable("DATABRICKS_HOST", default.host)
    names = ", ".join(profile.name for profile in profiles)
    context.log.info("profiles %s: written to %s", names, path)
    return str(path)


def _job_folder(environment: Mapping[str, str]) -> Path:
    """A folder that goes with the job; on a terminal one of its own."""
    for name in ("RUNNER_TEMP", "AGENT_TEMPDIRECTORY", "MODELYARD_JOB"):
        if environment.get(name):
            folder = Path(environment[name])
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise FileError(
                    f"{folder} ({name}) can't be made: {error.strerror}",
                    fix="see that this user may make it, or set the variable to another folder",
                ) from None
            return folder.resolve()
    return Path(tempfile.mkdtemp(prefix="modelyard-"))


def _profiles(inputs: Inputs, context: Context) -> list[Profile]:
    found = []
    names_workspace = inputs.workspace_url or inputs.workspace_resource_id or inputs.workspace_name
    if names_workspace:
        workspace = open_workspace(inputs, context)
        token = _token(workspace, inputs, context)
        found.append(Profile(inputs.profile, workspace.session.base, token))
    for name, one in _further(inputs).items():
        base = connection.workspace_base(str(one["host"]))
        check_address(base, inputs.allowed_workspaces, given_by="profiles")
        variable = str(one["token-variable"])
        token = context.environment.get(variable, "").strip()
        if not token:
            raise InputError(
                f"profile {name}: the variable {variable} isn't set",
                fix=f"set {variable} for this step from a secret",
            )
        context.ci.mask(token)
        found.append(Profile(name, base, token))
    profile_file.check(found)
    return found


def _further(inputs: Inputs) -> dict[str, Mapping[str, object]]:
    """:raises InputError: unless it is a mapping of names to host and token-variable."""
    value = inputs.profiles
    if value is None:
        return {}
    example = "dev: {host: https://adb-1234.5.azuredatabricks.net, token-variable: DEV_TOKEN}"
    if not isinstance(value, Mapping):
        raise InputError("profiles isn't a mapping", fix=f"write one a line, such as {example}")
    for name, one in value.items():
        fields = set(one) if isinstance(one, Mapping) else set()
        if fields != {"host", "token-variable"} or not all(one.values()):
            raise InputError(
                f"profile {name} needs host and token-variable, and nothing else",
                fix=f"write {example}; a token itself doesn't belong in a file",
            )
    return {str(name): one for name, one in value.items()}


def _token(workspace: Workspace, inputs: Inputs, context: Context) -> str:
    token = workspace.sign_in.mint(DATABRICKS)
    context.ci.mask(token.value)
    minutes = (token.expires_on - context.clock.time()) / 60
    if minutes < math.inf:
        context.log.info("the profile %s gets a token for %.0f minutes", inputs.profile, minutes)
    return token.value


def _check(profile: Profile, context: Context) -> None:
    session = connection.connect(
        profile.host, StaticToken(profile.token), clock=context.clock, read_only=True
    )
    who = session.get(ME).get("userName", "somebody without a name")
    context.log.info("profile %s: %s is %s", profile.name, profile.host, who)


OPERATION = Operation(
    name="databricks-cli",
    title="Install and configure the Databricks command line",
    description="Installs databricks-cli, the classic command line, into an environment of its "
    "own, puts it on PATH and writes profiles for it into a file that is removed at the end of "
    "the job. For script steps of your own: the operations here don't need it.",
    group="Databricks",
    task_id="55c0e7be-2a35-4137-865d-9d245b730ce4",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    release_reads_inputs=False,
    variables=("DATABRICKS_CONFIG_FILE", "DATABRICKS_HOST", "PATH"),
    example="workspace-url: https://adb-1234.5.azuredatabricks.net\ntoken: $(databricks-token)",
)
