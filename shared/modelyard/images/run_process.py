"""Running an unpacked image without a container: its command, with this machine's Python.

Works without root and without an engine. What is in the image is used from the folder it was
unpacked to; only the interpreter and the C library are this machine's, so the Python of the image
has to be here in the same minor version. It is not a sandbox: run what you would run anyway.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from modelyard.errors import DeploymentFailed, ImageFailed
from modelyard.images import interpreters
from modelyard.images.contents import listen
from modelyard.images.running import LOG_BYTES, Settings, end_of_file, free_port

_STOP_SECONDS = 5.0
_PYTHON = re.compile(r"(?:/\S*/)?python(?:3(?:\.\d+)?)?")
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "TMPDIR")
_PACKAGES = ("site-packages", "dist-packages")


class Starter(Protocol):
    """Starts child processes, each the leader of a group, and ends them with all they started."""

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]: ...

    def stop(self, child: subprocess.Popen[bytes]) -> None: ...


class OwnChildren:
    """A Starter for a program that stops its children itself before it ends."""

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
            )

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        _signal(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_SECONDS)
        _signal(child.pid, signal.SIGKILL)  # what of its group is left
        child.wait()


class RunningProcess:
    """See :class:`modelyard.images.running.Running`."""

    def __init__(
        self, child: subprocess.Popen[bytes], starter: Starter, url: str, log: Path
    ) -> None:
        self._child = child
        self._starter = starter
        self._log = log
        self._stopped = False
        self.url = url
        self.identity = f"process {child.pid}"

    def alive(self) -> bool:
        return self._child.poll() is None

    def logs(self, most: int = LOG_BYTES) -> str:
        return end_of_file(self._log, most)

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._starter.stop(self._child)


def run_process(
    root: Path,
    document: Mapping[str, Any],
    settings: Settings,
    *,
    log: Path,
    starter: Starter | None = None,
) -> RunningProcess:
    """Start the command of an unpacked image; it may not serve yet.

    :param root: the folder it was unpacked to.
    :param document: its configuration.
    :param log: file that its output is appended to.
    :raises ImageFailed: when the image is for another system, or its command isn't Python.
        MissingTool when the Python that it has isn't on this machine.
    """
    config = document.get("config") or {}
    _check_platform(document)
    command = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
    if not command or not _PYTHON.fullmatch(command[0]):
        raise ImageFailed(
            f"the image starts {command[0] if command else 'nothing'!r}, not Python",
            cause="without a container engine only Python can be started from an image",
            fix="start docker or podman, or build the image with image-build",
        )
    variables = dict(pair.partition("=")[::2] for pair in config.get("Env") or ())
    interpreter = interpreters.require(_python(variables, root), "run the image")
    port = free_port()
    environment = _environment(root, variables, settings, listen("127.0.0.1", port))
    starter = starter or OwnChildren()
    try:
        child = starter.start(
            # -s and -S: no package of this machine may stand in for one that the image lacks.
            [interpreter, "-s", "-S", *(_moved(part, root) for part in command[1:])],
            environment=environment,
            log=log,
            cwd=root / str(config.get("WorkingDir") or "/").lstrip("/"),
        )
    except OSError as error:
        raise DeploymentFailed(f"can't start the image's command: {error}") from None
    return RunningProcess(child, starter, f"http://127.0.0.1:{port}", log)


def _environment(
    root: Path,
    variables: Mapping[str, str],
    settings: Settings,
    where: Mapping[str, str],
) -> dict[str, str]:
    home = root / "tmp"
    home.mkdir(exist_ok=True)
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    moved = {
        name: ":".join(_moved(part, root) for part in value.split(":"))
        for name, value in variables.items()
        if name not in ("PATH", "HOME")
    }
    inside = [
        path for name in _PACKAGES for path in sorted(root.glob(f"usr/*/lib/python3*/{name}"))
    ]
    paths = [moved.get("PYTHONPATH", ""), *map(str, inside)]
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        **passed,
        **moved,
        "PYTHONPATH": ":".join(path for path in paths if path),
        "PYTHONNOUSERSITE": "1",
        **settings.environment,
        **where,
    }


def _moved(text: str, root: Path) -> str:
    """A path in the image, as it is called outside; anything else as it is."""
    inside = root / text.lstrip("/")
    return str(inside) if text.startswith("/") and os.path.lexists(inside) else text


def _python(variables: Mapping[str, str], root: Path) -> str:
    match = re.match(r"3\.\d+", variables.get("PYTHON_VERSION", ""))
    if match:
        return match[0]
    for path in sorted(root.glob("usr/**/bin/python3.*")):
        if found := re.fullmatch(r"python(3\.\d+)", path.name):
            return found[1]
    raise ImageFailed("the image doesn't say which Python it has, and has none in /usr")


def _check_platform(document: Mapping[str, Any]) -> None:
    wanted = (document.get("os"), document.get("architecture"))
    if wanted != ("linux", interpreters.architecture()):
        raise ImageFailed(
            f"the image is for {wanted[0]}/{wanted[1]}, this machine is "
            f"{interpreters.architecture()}",
            fix="start docker or podman, which may emulate it, or build it for this machine",
        )


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
