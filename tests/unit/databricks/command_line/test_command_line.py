from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelyard.databricks.command_line import command_line
from modelyard.errors import InputError, MissingTool

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs here are shell scripts")


def program(folder: Path, says: str) -> Path:
    """A program ``databricks`` that answers ``--version``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "databricks"
    path.write_text(f'#!/bin/sh\necho "{says}"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"RUNNER_TOOL_CACHE": "/a", "AGENT_TOOLSDIRECTORY": "/b"}, "/a/modelyard"),
        ({"AGENT_TOOLSDIRECTORY": "/b", "XDG_CACHE_HOME": "/c"}, "/b/modelyard"),
        ({"RUNNER_TOOL_CACHE": "", "XDG_CACHE_HOME": "/c"}, "/c/modelyard/tools"),
    ],
)
def test_tools_are_kept_where_the_agent_says(environment: dict[str, str], expected: str) -> None:
    assert command_line.tool_folder(environment) == Path(expected)


def test_without_an_agent_they_are_in_the_users_cache() -> None:
    assert command_line.tool_folder({}) == Path.home() / ".cache" / "modelyard" / "tools"


def test_the_wanted_version_on_path_is_taken(tmp_path: Path) -> None:
    program(tmp_path / "bin", "Version 0.18.0")
    environment = {"PATH": str(tmp_path / "bin"), "RUNNER_TOOL_CACHE": str(tmp_path)}
    assert command_line.installed("0.18.0", environment) == tmp_path / "bin"
    assert command_line.is_on_path(tmp_path / "bin", environment)


@pytest.mark.parametrize("says", ["Version 0.17.8", "Databricks CLI v0.230.0", "", "no idea"])
def test_another_version_on_path_is_not(tmp_path: Path, says: str) -> None:
    program(tmp_path / "bin", says)
    environment = {"PATH": str(tmp_path / "bin"), "RUNNER_TOOL_CACHE": str(tmp_path)}
    assert command_line.installed("0.18.0", environment) is None


def test_one_of_an_earlier_job_is_found_by_its_pointer(tmp_path: Path) -> None:
    environment = {"PATH": "", "RUNNER_TOOL_CACHE": str(tmp_path)}
    home = command_line._home("0.18.0", environment)
    program(home / "one" / "bin", "Version 0.18.0")
    assert command_line.installed("0.18.0", environment) is None, "it may be half a one"
    (home / "current").write_text("one", encoding="utf-8")
    assert command_line.installed("0.18.0", environment) == home / "one" / "bin"
    assert not command_line.is_on_path(home / "one" / "bin", environment)


def test_a_pointer_to_nothing_is_no_installation(tmp_path: Path) -> None:
    environment = {"PATH": "", "RUNNER_TOOL_CACHE": str(tmp_path)}
    home = command_line._home("0.18.0", environment)
    home.mkdir(parents=True)
    (home / "current").write_text("gone", encoding="utf-8")
    assert command_line.installed("0.18.0", environment) is None


@pytest.mark.parametrize("version", ["latest", "0.18.0; rm -rf", "--index-url=x", ""])
def test_what_is_no_version_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(InputError, match="version is"):
        command_line.install(version, {"RUNNER_TOOL_CACHE": str(tmp_path)})


def test_a_python_without_venv_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    says = "ensurepip is not available, see https://me:hunter2@index.example/simple"
    python.write_text(f"#!/bin/sh\necho '{says}'\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    environment = {"RUNNER_TOOL_CACHE": str(tmp_path / "tools")}
    with pytest.raises(MissingTool) as caught:
        command_line.install("0.18.0", environment)
    assert "venv ended with 1:\nensurepip is not available" in caught.value.what
    assert "https://***@index.example/simple" in caught.value.what
    assert "python3-venv" in caught.value.fix
    assert list(command_line._home("0.18.0", environment).iterdir()) == []
