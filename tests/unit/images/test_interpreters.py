"""Finding a Python of a certain version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.errors import MissingTool
from modelyard.images import interpreters

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("version", ["", OWN])
def test_the_own_version_is_the_interpreter_outside_of_any_environment(version: str) -> None:
    found = interpreters.find(version)
    assert found is not None
    asked = subprocess.run(
        [found, "-I", "-c", "import sys; print(sys.prefix == sys.base_prefix, sys.version)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == f"True {sys.version}"


def test_another_version_is_looked_for_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "python3.99", "echo 3.99 /opt/python3.99")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    assert interpreters.find("3.99") == Path("/opt/python3.99")


@pytest.mark.parametrize("script", ["echo 3.98 /opt/python3.98", "exit 127", "exit 0"])
def test_a_launcher_without_its_version_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    program(tmp_path, "python3.99", script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    assert interpreters.find("3.99") is None


def test_what_is_missing_is_named_with_its_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool) as missing:
        interpreters.require("3.99", "run the image")
    assert "3.99" in missing.value.what
    assert "run the image" in missing.value.cause
    assert "python3.99" in missing.value.fix


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_machines_have_the_names_that_images_use(
    monkeypatch: pytest.MonkeyPatch, machine: str, name: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert interpreters.architecture() == name
