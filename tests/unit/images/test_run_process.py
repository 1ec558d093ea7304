"""What is started when an unpacked image runs without a container."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import DeploymentFailed, ImageFailed, MissingTool
from modelyard.images import interpreters
from modelyard.images.run_process import run_process
from modelyard.images.running import Settings

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Recorder:
    """A Starter that starts something harmless and remembers what it was asked for."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error
        self.stopped = 0

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        if self.error:
            raise self.error
        self.command = [str(part) for part in command]
        self.environment, self.log, self.cwd = environment, log, cwd
        child = subprocess.Popen(["true"])
        child.wait()
        return child

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        self.stopped += 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An unpacked image."""
    folder = tmp_path / "root"
    for name in ("opt/model", "opt/packages", f"usr/local/lib/python{OWN}/site-packages", "srv"):
        (folder / name).mkdir(parents=True)
    (folder / "srv" / "app.py").touch()
    return folder


def document(**config: Any) -> dict[str, Any]:
    return {
        "os": "linux",
        "architecture": interpreters.architecture(),
        "config": {
            "Env": [
                "PATH=/usr/local/bin",
                "HOME=/root",
                f"PYTHON_VERSION={OWN}.7",
                "PYTHONPATH=/opt/packages:/opt/other",
                "MODEL=/opt/model",
                "URL=http://x/y",
                "EMPTY=",
            ],
            "Cmd": ["python3", "/srv/app.py", "--level=/srv", "plain"],
            "WorkingDir": "/srv",
            **config,
        },
    }


def test_paths_of_the_image_are_those_of_the_folder(root: Path, tmp_path: Path) -> None:
    starter = Recorder()
    run_process(root, document(), Settings("x"), log=tmp_path / "log", starter=starter)
    assert starter.command[1:] == ["-s", "-S", f"{root}/srv/app.py", "--level=/srv", "plain"]
    environment = starter.environment
    assert environment["MODEL"] == f"{root}/opt/model"
    assert environment["URL"] == "http://x/y"
    assert environment["EMPTY"] == ""
    site = root / f"usr/local/lib/python{OWN}/site-packages"
    assert environment["PYTHONPATH"] == f"{root}/opt/packages:/opt/other:{site}"
    assert starter.cwd == root / "srv"
    assert starter.log == tmp_path / "log"


def test_the_interpreter_is_this_machines_and_sees_no_package_of_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("A_SECRET", "hidden-word")
    starter = Recorder()
    run_process(root, document(), Settings("x"), log=tmp_path / "log", starter=starter)
    assert Path(starter.command[0]) == interpreters.own()
    assert "hidden-word" not in str(starter.environment)
    assert "/somewhere" not in str(starter.environment)
    assert starter.environment["HOME"].startswith(str(root))
    assert starter.environment["PATH"] != "/usr/local/bin"


def test_it_is_told_to_listen_on_the_loopback(root: Path, tmp_path: Path) -> None:
    starter = Recorder()
    settings = Settings("x", {"HOST": "0.0.0.0", "EXTRA": "1"})  # noqa: S104
    running = run_process(root, document(), settings, log=tmp_path / "log", starter=starter)
    port = running.url.rpartition(":")[2]
    assert running.url == f"http://127.0.0.1:{port}"
    assert starter.environment["HOST"] == starter.environment["UVICORN_HOST"] == "127.0.0.1"
    assert starter.environment["PORT"] == port
    assert starter.environment["EXTRA"] == "1"


def test_entrypoint_and_command_go_together(root: Path, tmp_path: Path) -> None:
    starter = Recorder()
    found = document(Entrypoint=["/usr/local/bin/python3.11", "-m"], Cmd=["server"])
    run_process(root, found, Settings("x"), log=tmp_path / "log", starter=starter)
    assert starter.command[3:] == ["-m", "server"]


@pytest.mark.parametrize("command", [["/bin/sh", "-c", "x"], ["pythonic"], [], ["python3.11-evil"]])
def test_another_program_is_refused(root: Path, tmp_path: Path, command: list[str]) -> None:
    with pytest.raises(ImageFailed, match="not Python"):
        run_process(root, document(Cmd=command), Settings("x"), log=tmp_path / "log")


def test_an_image_for_another_machine_is_refused(root: Path, tmp_path: Path) -> None:
    other = {**document(), "architecture": "s390x"}
    with pytest.raises(ImageFailed, match="linux/s390x"):
        run_process(root, other, Settings("x"), log=tmp_path / "log")


def test_another_python_has_to_be_on_this_machine(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match=r"no Python 3\.99"):
        run_process(
            root, document(Env=["PYTHON_VERSION=3.99.1"]), Settings("x"), log=tmp_path / "log"
        )


def test_the_version_is_found_in_the_files_where_no_variable_tells(
    root: Path, tmp_path: Path
) -> None:
    with pytest.raises(ImageFailed, match="doesn't say which Python"):
        run_process(root, document(Env=[]), Settings("x"), log=tmp_path / "log")
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / f"python{OWN}").touch()
    starter = Recorder()
    run_process(root, document(Env=[]), Settings("x"), log=tmp_path / "log", starter=starter)
    assert starter.command


def test_stop_reaches_the_starter_once_and_the_log_stays_readable(
    root: Path, tmp_path: Path
) -> None:
    starter = Recorder()
    running = run_process(root, document(), Settings("x"), log=tmp_path / "log", starter=starter)
    assert running.logs() == ""
    (tmp_path / "log").write_text("0123456789")
    running.stop()
    running.stop()
    assert starter.stopped == 1
    assert not running.alive()
    assert running.logs(4) == "6789"


def test_what_cannot_be_started_is_a_failed_deployment(root: Path, tmp_path: Path) -> None:
    starter = Recorder(OSError(12, "Cannot allocate memory"))
    with pytest.raises(DeploymentFailed, match="Cannot allocate memory"):
        run_process(root, document(), Settings("x"), log=tmp_path / "log", starter=starter)
