"""Tasks that put a program on PATH: UsePythonVersion and TerraformInstaller."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.step import StepFailed

if TYPE_CHECKING:
    from .conftest import Bench

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def _prepended(bench: Bench) -> list[str]:
    return [one.data for one in bench.commands if one.name == "task.prependpath"]


def _program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder / name


def test_a_python_of_this_machine_serves_as_an_environment_of_the_job(bench: Bench) -> None:
    bench.environment["PATH"] = "/usr/bin:/bin"
    bench.run("UsePythonVersion@0", {"versionSpec": THIS})
    location = Path(bench.variable("pythonLocation"))
    assert location.parent == bench.folders.temporary
    assert _prepended(bench) == [str(location), str(location / "bin")]
    for program in (["python", "-m", "pip"], ["pip"]):
        told = subprocess.run(
            [location / "bin" / program[0], *program[1:], "--version"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"(python {THIS})" in told
        assert str(location) in told
    bench.run("UsePythonVersion@0", {"versionSpec": "3.x", "addToPath": "false"})
    assert len(bench.started) == 1  # made once
    assert len(_prepended(bench)) == 2


def test_a_python_without_pip_says_what_to_install(bench: Bench, tmp_path: Path) -> None:
    answer = f'[[3, 99, 0], "final", "{tmp_path / "bin" / "python3"}", "/nowhere"]'
    script = f"case \"$3\" in *ensurepip*) exit 1;; esac; echo '{answer}'"
    found = _program(tmp_path / "bin", "python3", script)
    bench.environment["PATH"] = f"{found.parent}:/usr/bin:/bin"
    with pytest.raises(StepFailed, match=r"brings no pip .* the package python3\.99-venv has it"):
        bench.run("UsePythonVersion@0", {"versionSpec": "3.99"})


def test_the_newest_of_the_tool_folder_goes_first(bench: Bench) -> None:
    # azure-pipelines-tool-lib: Python/<version>/<architecture> beside <architecture>.complete
    for version in ("3.9.1", "3.10.2", "3.12.0"):
        (bench.folders.tools / "Python" / version / "x64").mkdir(parents=True)
        if version != "3.12.0":
            (bench.folders.tools / "Python" / version / "x64.complete").touch()
    bench.run("UsePythonVersion@0", {"versionSpec": ">=3.9"})
    found = bench.folders.tools / "Python" / "3.10.2" / "x64"
    assert bench.variable("pythonLocation") == str(found)
    assert _prepended(bench) == [str(found), str(found / "bin")]


def test_an_exact_version_is_warned_of(bench: Bench) -> None:
    (bench.folders.tools / "Python" / "3.9.1" / "x64").mkdir(parents=True)
    (bench.folders.tools / "Python" / "3.9.1" / "x64.complete").touch()
    bench.run("UsePythonVersion@0", {"versionSpec": "3.9.1"})
    assert "3.9.1 is an exact version" in bench.issues("warning")[0]


def test_a_version_that_isnt_here(bench: Bench) -> None:
    bench.environment["PATH"] = "/nowhere"
    (bench.folders.tools / "Python" / "3.9.1").mkdir(parents=True)
    with pytest.raises(StepFailed, match=rf"no Python here is 2\.7; on PATH: {THIS}.*: 3\.9\.1"):
        bench.run("UsePythonVersion@0", {"versionSpec": "2.7"})
    with pytest.raises(StepFailed, match="no Python here is pypy3"):
        bench.run("UsePythonVersion@0", {"versionSpec": "pypy3"})
    with pytest.raises(StepFailed, match="'newest' is no range"):
        bench.run("UsePythonVersion@0", {"versionSpec": "newest"})
    with pytest.raises(StepFailed, match="has no Python for x86"):
        bench.run("UsePythonVersion@0", {"architecture": "x86"})


def test_terraform_on_path(bench: Bench, tmp_path: Path) -> None:
    found = _program(tmp_path / "bin", "terraform", "echo Terraform v1.9.8; echo on linux_amd64")
    bench.environment["PATH"] = f"{found.parent}:/usr/bin:/bin"
    bench.run("TerraformInstaller@1")
    assert bench.variable("terraformLocation") == str(found)
    assert _prepended(bench) == [str(found.parent)]
    bench.run("TerraformInstaller@0", {"terraformVersion": "1.9.8"})
    with pytest.raises(StepFailed, match=r"wants Terraform 1\.5\.0, and .* is 1\.9\.8"):
        bench.run("TerraformInstaller@0", {"terraformVersion": "1.5.0"})


def test_terraform_of_the_tool_folder(bench: Bench) -> None:
    folder = bench.folders.tools / "terraform" / "1.5.0" / "x64"
    found = _program(folder, "terraform", "echo Terraform v1.5.0")
    bench.run("TerraformInstaller@1", {"terraformVersion": "1.5.0"})
    assert bench.variable("terraformLocation") == str(found)


def test_terraform_that_is_missing_or_broken(bench: Bench, tmp_path: Path) -> None:
    bench.environment["PATH"] = str(tmp_path / "bin")
    with pytest.raises(StepFailed, match="terraform isn't on PATH; install it"):
        bench.run("TerraformInstaller@1")
    _program(tmp_path / "bin", "terraform", "echo nothing")
    with pytest.raises(StepFailed, match="doesn't tell its version"):
        bench.run("TerraformInstaller@1")
    with pytest.raises(StepFailed, match="which isn't a version"):
        bench.run("TerraformInstaller@1", {"terraformVersion": "newest"})
