from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner import builtin
from modelyard.local.runner.builtin.step import StepFailed

if TYPE_CHECKING:
    from .conftest import Bench


def test_cmdline_runs_bash_without_profiles_and_goes_on_after_a_failing_line(bench: Bench) -> None:
    # Tasks/CmdLineV2: --noprofile --norc, no set -e
    bench.run("CmdLine@2", {"script": "false\necho shown $0\npwd"})
    file = Path(bench.started[0].arguments[-1])
    assert bench.started[0].arguments[1:3] == ("--noprofile", "--norc")
    assert file.parent == bench.folders.temporary
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"shown {file}" in bench.lines
    assert str(bench.sources) in bench.lines


def test_cmdline_fails_with_the_exit_code_of_the_last_line(bench: Bench) -> None:
    with pytest.raises(StepFailed, match=r"Bash exited with code '3'\."):
        bench.run("CmdLine@2", {"script": "echo one\nexit 3"})


def test_cmdline_takes_the_name_of_a_program_as_a_program(bench: Bench) -> None:
    # Tasks/CmdLineV2: a script that is an existing path is run by exec
    program = bench.sources / "tool"
    program.write_text("#!/bin/sh\necho from the tool\n")
    program.chmod(0o755)
    bench.run("CmdLine@2", {"script": str(program)})
    assert "from the tool" in bench.lines


def test_a_script_of_one_line_is_shown_but_no_logging_command(bench: Bench) -> None:
    bench.run("CmdLine@2", {"script": "echo hello"})
    assert bench.lines[1:3] == ["Script contents:", "echo hello"]
    bench.lines.clear()
    bench.run("CmdLine@2", {"script": "echo '##vso[task.setvariable variable=a]b'"})
    assert "Script contents:" not in bench.lines
    assert bench.variable("a") == "b"


def test_standard_error_fails_only_where_asked(bench: Bench) -> None:
    bench.run("CmdLine@2", {"script": "echo oops >&2"})
    assert bench.lines[-1] == "oops"
    with pytest.raises(StepFailed, match="wrote to standard error"):
        bench.run("CmdLine@2", {"script": "echo oops >&2", "failOnStderr": "true"})


@pytest.mark.parametrize("task", ["CmdLine@2", "Bash@3", "PythonScript@0"])
def test_a_working_folder_that_is_missing_fails(bench: Bench, task: str) -> None:
    inputs = {"script": "1", "targetType": "inline", "scriptSource": "inline"}
    declared = {"CmdLine@2": ("script",), "Bash@3": ("script", "targetType")}
    names = declared.get(task, ("script", "scriptSource"))
    given = {name: inputs[name] for name in names} | {"workingDirectory": "gone"}
    with pytest.raises(StepFailed, match="gone of the input workingDirectory doesn't exist"):
        bench.run(task, given)


def test_bash_runs_a_file_with_arguments_of_the_shell(bench: Bench) -> None:
    # Tasks/BashV3: the arguments are the author's shell text
    file = bench.sources / "it's here.sh"
    file.write_text('printf "<%s>" "$@"; echo; pwd\n')
    (bench.sources / "sub").mkdir()
    bench.environment["NAME"] = "a b"
    bench.run(
        "Bash@3",
        {
            "filePath": file.name,
            "arguments": '"$NAME" two',
            "workingDirectory": "sub",
        },
    )
    assert "<a b><two>" in bench.lines
    assert str(bench.sources / "sub") in bench.lines


def test_bash_inline_and_bash_env(bench: Bench) -> None:
    start = bench.sources / "start.sh"
    start.write_text("export FROM_START=yes\n")
    bench.run(
        "Bash@3",
        {"targetType": "inline", "script": "echo $FROM_START", "bashEnvValue": str(start)},
    )
    assert "yes" in bench.lines


def test_a_signal_is_told_as_a_shell_tells_it(bench: Bench) -> None:
    with pytest.raises(StepFailed, match="code '137'"):
        bench.run("Bash@3", {"targetType": "inline", "script": "kill -9 $$"})


def test_bash_without_a_file(bench: Bench) -> None:
    with pytest.raises(StepFailed, match=r"filePath is '.*missing\.sh', which isn't a file"):
        bench.run("Bash@3", {"filePath": "missing.sh"})


def test_python_inline_with_arguments_cut_without_a_shell(bench: Bench) -> None:
    bench.run(
        "PythonScript@0",
        {
            "scriptSource": "inline",
            "script": "import sys; print(sys.argv[1:])",
            "arguments": 'one "two three" $HOME *',
        },
    )
    assert "['one', 'two three', '$HOME', '*']" in bench.lines


def test_python_file_that_fails(bench: Bench) -> None:
    (bench.sources / "it.py").write_text("raise SystemExit(7)")
    with pytest.raises(StepFailed, match="Python ended with exit code 7"):
        bench.run("PythonScript@0", {"scriptPath": "it.py"})


def test_python3_serves_where_there_is_no_python(bench: Bench, tmp_path: Path) -> None:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "python3").symlink_to("/usr/bin/env")
    bench.environment["PATH"] = str(only)
    step = bench.step
    (task,) = (one for one in builtin.all_tasks() if one.name == "PythonScript")
    assert task.command is not None
    command = task.command({"scriptSource": "inline", "script": "1"}, step)
    assert command.arguments[0] == str(only / "python3")
    assert "There is no python on PATH" in bench.log


def test_powershell_says_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    bench.environment["PATH"] = str(tmp_path)
    with pytest.raises(StepFailed, match="PowerShell isn't installed here"):
        bench.run("PowerShell@2", {"targetType": "inline", "script": "Write-Host hi"})


def test_powershell_gets_the_script_as_the_real_task_writes_it(
    bench: Bench, tmp_path: Path
) -> None:
    # Tasks/PowerShellV2: preferences, the script, then the exit code of the last program
    fake = tmp_path / "bin" / "pwsh"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    bench.environment["PATH"] = f"{fake.parent}:{bench.environment['PATH']}"
    bench.run("PowerShell@2", {"targetType": "inline", "script": "Write-Host 'x'", "pwsh": "true"})
    shown = bench.lines[-1]
    assert bench.lines[-5:-1] == ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command"]
    file = Path(shown.removeprefix(". '").removesuffix("'"))
    written = file.read_text(encoding="utf-8-sig").splitlines()
    assert written[:3] == [
        "$ErrorActionPreference = 'stop'",
        "$ProgressPreference = 'silentlyContinue'",
        "Write-Host 'x'",
    ]
    assert "    exit $LASTEXITCODE" in written


def test_powershell_refuses_a_file_of_another_kind(bench: Bench) -> None:
    (bench.sources / "a.sh").touch()
    with pytest.raises(StepFailed, match=r"which isn't a \.ps1 file"):
        bench.run("PowerShell@2", {"filePath": "a.sh"})
