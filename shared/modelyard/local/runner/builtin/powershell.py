"""PowerShell, where it is installed.

Source: ``Tasks/PowerShellV2`` (``powershell.ts``, what it does outside Windows: ``pwsh`` goes first
whatever the input ``pwsh`` says).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin.scripts import STARTING, working_folder, write_script
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    Input,
    boolean,
    flag,
    path,
    picklist,
    several,
    text,
)

_PREFERENCES = {
    "errorActionPreference": ("ErrorActionPreference", "stop"),
    "warningPreference": ("WarningPreference", "default"),
    "informationPreference": ("InformationPreference", "default"),
    "verbosePreference": ("VerbosePreference", "default"),
    "debugPreference": ("DebugPreference", "default"),
    "progressPreference": ("ProgressPreference", "silentlyContinue"),
}
_ACTIONS = ("default", "stop", "continue", "silentlyContinue")
_LAST_EXIT_CODE = """\
if (Test-Path -LiteralPath variable:LASTEXITCODE) {
    exit $LASTEXITCODE
}
"""
_SHOWN_WARNINGS = """\
$modelyardWarnings = New-Object System.Collections.ObjectModel.ObservableCollection[System.Management.Automation.WarningRecord]
$null = Register-ObjectEvent -InputObject $modelyardWarnings -EventName CollectionChanged -Action {{
    foreach ($one in $Event.SourceEventArgs.NewItems) {{
        Write-Host "##vso[task.logissue type=warning;]$one"
    }}
}}
Invoke-Command {{
{script}
}} -WarningVariable +modelyardWarnings
"""  # noqa: E501


def powershell(step: StepContext) -> str:
    """The program.

    :raises StepFailed: when there is none.
    """
    for name in ("pwsh", "powershell"):
        if (found := shutil.which(name, path=step.environment.get("PATH"))) is not None:
            return found
    raise StepFailed(
        "PowerShell isn't installed here: pwsh isn't on PATH. Install PowerShell 7, or use a bash "
        "step where the agents have bash"
    )


def quoted(value: str) -> str:
    """A path as one word of PowerShell."""
    return "'" + value.replace("'", "''") + "'"


def run_file(program: str, file: Path, operator: str = ".") -> tuple[str, ...]:
    """The arguments that run a script of PowerShell."""
    start = f"{operator} {quoted(str(file))}"
    return (program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", start)


def _command(inputs: Mapping[str, str], step: StepContext) -> Command:
    folder = working_folder(inputs, step, "workingDirectory")
    lines = list(_preferences(inputs))
    script = _script(inputs, step)
    lines.append(_SHOWN_WARNINGS.format(script=script) if flag(inputs, "showWarnings") else script)
    if not flag(inputs, "ignoreLASTEXITCODE"):
        lines.append(_LAST_EXIT_CODE)
    program = powershell(step)
    step.log("Generating script.")
    file = write_script(step, "\ufeff" + "\n".join(lines), ".ps1")
    step.log(STARTING)
    return Command(
        run_file(program, file, "&" if flag(inputs, "runScriptInSeparateScope") else "."),
        folder,
        fail_on_stderr=flag(inputs, "failOnStderr"),
        failure="PowerShell exited with code '{code}'.",
    )


def _preferences(inputs: Mapping[str, str]) -> list[str]:
    lines = []
    for name, (variable, default) in _PREFERENCES.items():
        value = inputs.get(name, "") or default
        if value.lower() not in map(str.lower, _ACTIONS):
            raise StepFailed(f"the input {name} is {value!r}, not one of {', '.join(_ACTIONS)}")
        if value.lower() != "default":
            lines.append(f"${variable} = '{value}'")
    return lines


def _script(inputs: Mapping[str, str], step: StepContext) -> str:
    kind = inputs.get("targetType", "").lower()
    if kind == "inline":
        return inputs.get("script", "")
    if kind != "filepath":
        raise StepFailed(f"the input targetType is {kind!r}, neither filePath nor inline")
    file = step.folder / inputs.get("filePath", "")
    if not file.is_file() or file.suffix.lower() != ".ps1":
        raise StepFailed(f"the input filePath is {str(file)!r}, which isn't a .ps1 file")
    return f". {quoted(str(file))} {inputs.get('arguments', '')}".strip()


def _preference(name: str) -> Input:
    return picklist(name, _ACTIONS, _PREFERENCES[name][1], required=False)


TASKS = (
    BuiltinTask(
        "PowerShell",
        "2",
        "e213ff0f-5d5c-4791-802d-52ea3e7be1f1",
        (
            picklist(
                "targetType", ("filePath", "inline"), "filePath", required=False, type="radio"
            ),
            path("filePath", required=True, visible="targetType = filePath"),
            text("arguments", visible="targetType = filePath"),
            several(
                "script",
                '# Write your PowerShell commands here.\n\nWrite-Host "Hello World"\n',
                required=True,
                visible="targetType = inline",
            ),
            *(_preference(name) for name in _PREFERENCES),
            boolean("failOnStderr"),
            boolean("showWarnings"),
            boolean("ignoreLASTEXITCODE"),
            boolean("pwsh"),
            path("workingDirectory"),
            boolean("runScriptInSeparateScope"),
        ),
        command=_command,
    ),
)
