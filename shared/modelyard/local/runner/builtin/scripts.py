"""CmdLine, Bash and PythonScript: scripts in a file or in place.

Source: ``Tasks/CmdLineV2``, ``BashV3`` and ``PythonScriptV0``. As there, a script goes to a file of
the temporary folder; ``arguments`` of Bash are the script's author's shell text and stand in that
file too, those of PythonScript are cut into words without a shell.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin.argument_line import split_arguments
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    boolean,
    flag,
    path,
    picklist,
    several,
    text,
)

STARTING = "========================== Starting Command Output ==========================="
"""The line that parts a task's own words from those of its script."""


def write_script(step: StepContext, content: str, ending: str) -> Path:
    """Put a script into the temporary folder; only its owner may read it."""
    file = step.temporary / f"{uuid.uuid4()}{ending}"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content.encode("utf-8"))
    return file


def working_folder(inputs: Mapping[str, str], step: StepContext, name: str) -> Path:
    """The folder that an input names.

    :raises StepFailed: when there is no such folder.
    """
    folder = step.folder / inputs.get(name, "")
    if not folder.is_dir():
        raise StepFailed(f"the folder {folder} of the input {name} doesn't exist")
    return folder


def program(step: StepContext, name: str, fix: str = "") -> str:
    """The full path of a program.

    :raises StepFailed: when it isn't on the step's PATH.
    """
    found = shutil.which(name, path=step.environment.get("PATH"))
    if found is None:
        raise StepFailed(f"{name} isn't on PATH{'; ' if fix else ''}{fix}")
    return found


def show_one_line(step: StepContext, script: str) -> None:
    """A script of a single line is shown, as the real tasks do."""
    if "\n" not in script and "##vso[" not in script.lower():
        step.log("Script contents:")
        step.log(script)


def shell_quoted(value: str) -> str:
    """A path as one word of a shell."""
    return "'" + value.replace("'", "'\\''") + "'"


def _command_line(inputs: Mapping[str, str], step: StepContext) -> Command:
    folder = working_folder(inputs, step, "workingDirectory")
    script = inputs.get("script", "")
    if script.strip() and _exists(step.folder / script):
        script = f"exec {script}"
    step.log("Generating script.")
    file = write_script(step, script, ".sh")
    show_one_line(step, script)
    bash = program(step, "bash")
    step.log(STARTING)
    return Command(
        (bash, "--noprofile", "--norc", str(file)),
        folder,
        fail_on_stderr=flag(inputs, "failOnStderr"),
        failure="Bash exited with code '{code}'.",
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a whole script is no path
        return False


def _bash(inputs: Mapping[str, str], step: StepContext) -> Command:
    folder = working_folder(inputs, step, "workingDirectory")
    if inputs.get("targetType", "").lower() == "filepath":
        file = step.folder / inputs.get("filePath", "")
        if not file.is_file():
            raise StepFailed(f"the input filePath is {str(file)!r}, which isn't a file")
        source = step.environment.get("AZP_BASHV3_OLD_SOURCE_BEHAVIOR")
        start = "." if source else "exec bash"
        script = f"{start} {shell_quoted(str(file))} {inputs.get('arguments', '')}".strip()
        step.log("Generating script.")
        step.log(f"Formatted command: {script}")
    else:
        script = inputs.get("script", "")
        step.log("Generating script.")
        show_one_line(step, script)
    value = inputs.get("bashEnvValue", "")
    bash = program(step, "bash")
    written = write_script(step, script, ".sh")
    step.log(STARTING)
    return Command(
        (bash, str(written)),
        folder,
        environment={"BASH_ENV": value} if value else {},
        fail_on_stderr=flag(inputs, "failOnStderr"),
        failure="Bash exited with code '{code}'.",
    )


def _python_script(inputs: Mapping[str, str], step: StepContext) -> Command:
    folder = working_folder(inputs, step, "workingDirectory")
    if inputs.get("scriptSource", "").lower() == "filepath":
        if not inputs.get("scriptPath", ""):
            raise StepFailed("the input scriptPath is needed")
        file = step.folder / inputs["scriptPath"]
        if not file.is_file():
            raise StepFailed(f"the input scriptPath is {str(file)!r}, which isn't a file")
    else:
        if not inputs.get("script", ""):
            raise StepFailed("the input script is needed")
        file = write_script(step, inputs["script"], ".py")
    python = inputs.get("pythonInterpreter", "") or _python(step)
    return Command(
        (python, str(file), *split_arguments(inputs.get("arguments", ""))),
        folder,
        fail_on_stderr=flag(inputs, "failOnStderr"),
        failure="Python ended with exit code {code}",
    )


def _python(step: StepContext) -> str:
    """``python`` on PATH. Some machines have it under the name python3 only; agents don't."""
    if shutil.which("python", path=step.environment.get("PATH")) is None:
        found = program(step, "python3", "the task UsePythonVersion@0 puts a Python there")
        step.log(f"There is no python on PATH: {found} is taken.")
        return found
    return program(step, "python")


_FAIL_ON_STDERR = boolean("failOnStderr")
_WORKING_DIRECTORY = path("workingDirectory")
_FILE = "targetType = filePath"

TASKS = (
    BuiltinTask(
        "CmdLine",
        "2",
        "d9bafed4-0b18-4f58-968d-86655b4d2ce9",
        (
            several("script", "echo Write your commands here\n\necho Hello world\n", required=True),
            _WORKING_DIRECTORY,
            _FAIL_ON_STDERR,
        ),
        command=_command_line,
    ),
    BuiltinTask(
        "Bash",
        "3",
        "6c731c3c-3c68-459a-a5c9-bde6e6595b5b",
        (
            picklist(
                "targetType", ("filePath", "inline"), "filePath", required=False, type="radio"
            ),
            path("filePath", required=True, visible=_FILE),
            text("arguments", visible=_FILE),
            several(
                "script",
                "# Write your commands here\n\necho 'Hello world'\n",
                required=True,
                visible="targetType = inline",
            ),
            _WORKING_DIRECTORY,
            _FAIL_ON_STDERR,
            text("bashEnvValue"),
        ),
        command=_bash,
    ),
    BuiltinTask(
        "PythonScript",
        "0",
        "6392f95f-7e76-4a18-b3c7-7f078d2f7700",
        (
            picklist("scriptSource", ("filePath", "inline"), "filePath", type="radio"),
            path("scriptPath", required=True, visible="scriptSource = filePath"),
            several("script", required=True, visible="scriptSource = inline"),
            text("arguments"),
            text("pythonInterpreter"),
            _WORKING_DIRECTORY,
            _FAIL_ON_STDERR,
        ),
        command=_python_script,
    ),
)
