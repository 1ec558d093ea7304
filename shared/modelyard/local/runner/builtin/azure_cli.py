"""AzureCLI: a script with ``az`` signed in as a service connection.

Source: ``Tasks/AzureCLIV2``. On the local cloud ``az`` is a stand-in (:mod:`.az_process`), else the
one on PATH, with a configuration folder of its own: the machine's sign-in isn't touched.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.own_program import own_program
from modelyard.local.runner.builtin.argument_line import split_arguments
from modelyard.local.runner.builtin.powershell import powershell, quoted, run_file
from modelyard.local.runner.builtin.scripts import program, write_script
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    boolean,
    connection,
    flag,
    path,
    picklist,
    several,
    text,
)

LOCAL_CLOUD = "MODELYARD_LOCAL_URL"
"""The variable that tells a step that it runs on the local cloud."""
SETTINGS = "MODELYARD_AZURE_CLI"
"""What :mod:`.azure_cli_process` has to do, as JSON."""


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    endpoint = step.endpoint(inputs.get("connectedServiceNameARM", ""))
    folder = _folder(inputs, step)
    arguments = _script(inputs, step)
    own = not flag(inputs, "useGlobalConfig")
    configuration = Path(tempfile.mkdtemp(prefix="azure-", dir=step.temporary))
    local = bool(step.environment.get(LOCAL_CLOUD))
    environment = step.connection_environment(endpoint)
    try:
        if local:
            shims = _shim(configuration)
            environment["PATH"] = os.pathsep.join([str(shims), step.environment.get("PATH", "")])
        else:
            program(step, "az", "install the Azure CLI, or run on the local cloud")
        if own or local:
            environment["AZURE_CONFIG_DIR"] = str(configuration)
        data = {name.lower(): value for name, value in endpoint.data.items()}
        environment[SETTINGS] = json.dumps(
            {
                "connection": endpoint.id,
                "local": local,
                "subscription": data.get("subscriptionid", ""),
                "subscriptionName": data.get("subscriptionname", ""),
                "principal": flag(inputs, "addSpnToEnvironment"),
                "show": flag(inputs, "visibleAzLogin"),
                "command": arguments,
            }
        )
        code = step.execute(
            Command(
                own_program("runner.builtin.azure_cli_process"),
                folder,
                environment=environment,
                fail_on_stderr=flag(inputs, "failOnStandardError"),
            )
        )
    finally:
        shutil.rmtree(configuration, ignore_errors=True)
    if code != 0:
        raise StepFailed(f"Script failed with exit code: {code}")


def _folder(inputs: Mapping[str, str], step: StepContext) -> Path:
    """It is made where it doesn't exist, as the real task does."""
    folder = step.folder / inputs.get("cwd", "")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StepFailed(f"the folder {folder} can't be made: {error.strerror}") from None
    return folder


def _script(inputs: Mapping[str, str], step: StepContext) -> list[str]:
    kind = inputs.get("scriptType", "").lower()
    if kind not in ("bash", "pscore", "ps"):
        raise StepFailed(
            f"the input scriptType is {kind!r}: bash and pscore run here (ps and batch need "
            "Windows)"
        )
    if kind == "ps":
        raise StepFailed("Windows PowerShell (scriptType ps) isn't here; use pscore or bash")
    arguments = inputs.get("scriptArguments", "")
    if kind == "bash":
        file = _file(inputs, step, ".sh")
        return [program(step, "bash"), str(file), *split_arguments(arguments)]
    shell = powershell(step)
    file = _file(inputs, step, ".ps1")
    preference = inputs.get("powerShellErrorActionPreference", "") or "stop"
    if preference.lower() not in ("stop", "continue", "silentlycontinue"):
        raise StepFailed(f"the input powerShellErrorActionPreference is {preference!r}")
    lines = [f"$ErrorActionPreference = '{preference}'", f". {quoted(str(file))} {arguments}"]
    if not flag(inputs, "powerShellIgnoreLASTEXITCODE"):
        lines.append("if (Test-Path -LiteralPath variable:LASTEXITCODE) { exit $LASTEXITCODE }")
    return list(run_file(shell, write_script(step, "\ufeff" + "\n".join(lines), ".ps1")))


def _file(inputs: Mapping[str, str], step: StepContext, ending: str) -> Path:
    where = inputs.get("scriptLocation", "").lower()
    if where == "inlinescript":
        if not inputs.get("inlineScript", "").strip():
            raise StepFailed("the input inlineScript is needed")
        return write_script(step, inputs["inlineScript"], ending)
    if where != "scriptpath":
        raise StepFailed(
            f"the input scriptLocation is {where!r}, neither inlineScript nor scriptPath"
        )
    file = step.folder / inputs.get("scriptPath", "")
    if not file.is_file() or file.suffix.lower() != ending:
        raise StepFailed(f"the input scriptPath is {str(file)!r}, which isn't a {ending} file")
    return file


def _shim(configuration: Path) -> Path:
    folder = configuration / "bin"
    folder.mkdir()
    file = folder / "az"
    file.write_text(
        f'#!/bin/sh\nexec {shlex.join(own_program("runner.builtin.az_process"))} "$@"\n'
    )
    file.chmod(0o700)
    return folder


_POWERSHELL = "scriptType = ps || scriptType = pscore"

TASKS = (
    BuiltinTask(
        "AzureCLI",
        "2",
        "46e4be58-730b-4389-8a2f-ea10b3e5e815",
        (
            connection("connectedServiceNameARM", "AzureRM", alias="azureSubscription"),
            picklist("scriptType", ("ps", "pscore", "batch", "bash")),
            picklist("scriptLocation", ("inlineScript", "scriptPath"), "scriptPath"),
            path("scriptPath", required=True, visible="scriptLocation = scriptPath"),
            several("inlineScript", required=True, visible="scriptLocation = inlineScript"),
            text("scriptArguments", alias="arguments"),
            picklist(
                "powerShellErrorActionPreference",
                ("stop", "continue", "silentlyContinue"),
                "stop",
                required=False,
                visible=_POWERSHELL,
            ),
            boolean("addSpnToEnvironment"),
            boolean("useGlobalConfig"),
            path("cwd", alias="workingDirectory"),
            boolean("failOnStandardError"),
            boolean("powerShellIgnoreLASTEXITCODE", visible=_POWERSHELL),
            boolean("visibleAzLogin", default=True),
            boolean("keepAzSessionActive"),
        ),
        run=_run,
    ),
)
