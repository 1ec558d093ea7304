"""The registry program ``docker-registry`` (CNCF Distribution), where it is installed.

Source of its configuration: https://distribution.github.io/distribution/about/configuration/
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.passthrough import NoAnswer, forward, raw_target
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.registry import exceptions

PROGRAM = "docker-registry"
START_SECONDS = 20.0


class RegistryProgram:
    """The child process. Started by the first request, and again when it has died."""

    def __init__(self, state_folder: Path, folder: Path) -> None:
        self._children = Children(state_folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0

    def answer(self, request: Request) -> Response:
        """Raises UNAVAILABLE when the program doesn't run or doesn't answer."""
        self._start()
        try:
            return forward(request, self._port, raw_target(request), headers=_ANONYMOUS)
        except NoAnswer as error:
            raise exceptions.unavailable(f"{PROGRAM} did not answer: {error}") from error

    def stop(self) -> None:
        with self._lock:
            self._child = None
            self._children.stop_all()

    def clear(self) -> None:
        self.stop()
        shutil.rmtree(self._folder / "program", ignore_errors=True)

    def _start(self) -> None:
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                return
            program = shutil.which(PROGRAM)
            if program is None:
                raise exceptions.unavailable(
                    f"{PROGRAM} isn't on PATH any more; it has this registry's images. Install it, "
                    "or reset the local cloud."
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            self._port = _free_port()
            log = self._folder / "registry.log"
            self._child = self._children.start(
                [program, "serve", self._configuration()], environment={}, log=log
            )
            self._wait(self._child, log)

    def _configuration(self) -> Path:
        """Written as JSON, which is YAML too."""
        path = self._folder / "registry.yml"
        path.touch(mode=0o600)
        storage = {"rootdirectory": str(self._folder / "program")}
        document = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": storage, "delete": {"enabled": True}},
            "http": {
                "addr": f"127.0.0.1:{self._port}",
                "relativeurls": True,
                "secret": secrets.token_hex(16),
            },
        }
        path.write_text(json.dumps(document))
        return path

    def _wait(self, child: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
        raise exceptions.unavailable(f"{PROGRAM} did not start; it wrote {log}")


_ANONYMOUS = {"Authorization": None}
"""The program knows no users: who may do what was asked before."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
