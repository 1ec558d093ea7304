"""How pip is called for an image. What it installs is in tests/local."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from modelyard.errors import FileError, MissingTool
from modelyard.images import dependencies, interpreters, programs
from modelyard.images.contents import Contents, of_model
from tiny_image import model_folder

OWN = interpreters.own_version()


class Pip:
    """Remembers the call; ``installs`` are files that the target gets."""

    def __init__(self, installs: Mapping[str, str]) -> None:
        self.installs = installs
        self.files: dict[str, str] = {}

    def __call__(
        self, command: Sequence[str], what: str, *, environment: Mapping[str, str], **_: object
    ) -> str:
        self.command, self.environment = list(command), environment
        for option in ("--requirement", "--constraint"):
            if option in command:
                self.files[option] = Path(command[command.index(option) + 1]).read_text()
        if "--target" in command:
            target = Path(command[command.index("--target") + 1])
            for name, text in self.installs.items():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_text(text)
        return ""


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    record = "own/__init__.py,sha256=x,1\n../../bin/own,sha256=y,2\nown-1.dist-info/RECORD,,\n"
    fake = Pip({"bin/own": "#!/home/me/python", "own-1.dist-info/RECORD": record})
    monkeypatch.setattr(programs, "check", fake)
    return fake


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    model = model_folder(tmp_path / "model", "mlflow==3.17.2\n-c constraints.txt\n")
    (model / "constraints.txt").write_text("urllib3<3\n")
    return of_model(model)


def test_requirements_and_constraints_are_given_as_files(
    pip: Pip, contents: Contents, tmp_path: Path
) -> None:
    dependencies.install(contents, python=OWN, wheels=None, target=tmp_path / "t")
    assert "mlflow-skinny==3.17.2\n" in pip.files["--requirement"]
    assert pip.files["--constraint"] == "urllib3<3\n"
    assert "--no-compile" in pip.command
    assert "--no-index" not in pip.command


def test_a_wheels_folder_is_the_only_source(pip: Pip, contents: Contents, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    dependencies.install(contents, python=OWN, wheels=wheels, target=tmp_path / "t")
    assert "--no-index" in pip.command
    assert f"--find-links={wheels}" in pip.command
    with pytest.raises(FileError, match="gone"):
        dependencies.install(contents, python=OWN, wheels=tmp_path / "gone", target=tmp_path / "t")


def test_console_scripts_are_left_out_and_off_the_record(
    pip: Pip, contents: Contents, tmp_path: Path
) -> None:
    target = tmp_path / "t"
    dependencies.install(contents, python=OWN, wheels=None, target=target)
    assert not (target / "bin").exists()
    with (target / "own-1.dist-info" / "RECORD").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == [
            "own/__init__.py",
            "own-1.dist-info/RECORD",
        ]


def test_what_would_send_packages_elsewhere_is_not_passed_on(
    pip: Pip, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    dependencies.install(contents, python=OWN, wheels=None, target=tmp_path / "t")
    assert "PIP_TARGET" not in pip.environment
    assert pip.environment["PIP_INDEX_URL"] == "https://index.example/simple"


def test_wheels_for_a_build_are_those_of_linux(
    pip: Pip, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    dependencies.collect(contents, python=OWN, target=tmp_path / "t")
    assert "--platform=manylinux_2_28_aarch64" in pip.command
    assert f"--python-version={OWN}" in pip.command
    assert "--only-binary=:all:" in pip.command


def test_another_python_is_needed_on_this_machine(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match=r"no Python 3\.99"):
        dependencies.install(contents, python="3.99", wheels=None, target=tmp_path / "t")


def test_the_other_python_gets_the_packages(
    pip: Pip, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "find", lambda _: Path("/opt/python3.99"))
    dependencies.install(contents, python="3.99", wheels=None, target=tmp_path / "t")
    place = pip.command.index("--python")
    assert pip.command[place + 1] == "/opt/python3.99"
