"""The real ``mlflow server`` as a child process, with its database in the state folder.

Source: https://mlflow.org/docs/latest/self-hosting/ ("mlflow server").
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.environment import program_environment
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud

START_SECONDS = 180.0
"""It takes about ten seconds, and longer on a busy machine."""
PORT_SECONDS = 3.0
"""How long the port of an earlier server is waited for."""
ARTIFACTS = "dbfs:/databricks/mlflow-tracking"
"""Root of all artifacts, as on Databricks: clients bring them to the workspace's Files API."""
SETTINGS, PORT = "mlflow-settings", "port"


class NotRunning(Exception):
    """The server ended, or didn't answer in time; the message is fit for an answer."""


class MlflowServer:
    """One child. Whoever needs it first waits until it answers."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._folder = cloud.folder / "mlflow"
        self._children = Children(cloud.folder)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._stopped = threading.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, where its pages are."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def state(self) -> str:
        child = self._child
        if child is None or child.poll() is not None:
            return "stopped"
        return "ready" if self._ready else "starting"

    def start(self) -> None:
        """Start the child, if it doesn't run, and come back at once."""
        with self._lock:
            self._stopped.clear()
            self._start()

    def port(self) -> int:
        """Its port, when it answers. Starts it again if it has ended. Raises NotRunning."""
        child = self._child
        if self._ready and child is not None and child.poll() is None:
            return self._port
        with self._lock:
            if self._stopped.is_set():
                raise NotRunning("The local cloud is stopping.")
            self._start()
            self._wait()
            return self._port

    def stop(self) -> None:
        """Stop the child and all that it started; the database stays."""
        self._stopped.set()  # ends a wait, which holds the lock
        with self._lock:
            self._children.stop_all()
            self._child, self._ready = None, False

    def forget(self) -> None:
        """Delete the database of a stopped server."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(
        self, method: str, path: str, arguments: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """A call of its REST API by the cloud itself: status and JSON object. Raises NotRunning."""
        url = f"http://127.0.0.1:{self.port()}/api/2.0/mlflow/{path}"
        inside = {"params" if method == "GET" else "json": dict(arguments)}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(method, url, timeout=60, **inside)  # type: ignore[arg-type]
                body: dict[str, Any] = answer.json()
            except requests.RequestException as error:
                raise NotRunning(f"The tracking server did not answer: {error}") from error
        return answer.status_code, body

    def _start(self) -> None:
        if self._child is not None:
            if self._child.poll() is None:
                return
            self._children.stop(self._child)  # its workers may live on, and hold the port
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ready = False
        self._port = self._choose_port()
        command = [sys.executable, "-m", "mlflow", "server", "--workers=1"]
        command += ["--host=127.0.0.1", f"--port={self._port}"]
        command += [f"--backend-store-uri=sqlite:///{self._folder / 'mlflow.db'}"]
        command += [f"--default-artifact-root={ARTIFACTS}", "--no-serve-artifacts"]
        environment = {
            # With the cloud's variables its pages can show artifacts, which are in the workspace.
            **program_environment(self._cloud.environment),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        self._child = self._children.start(
            command, environment=environment, log=self._folder / "server.log", cwd=self._folder
        )

    def _wait(self) -> None:
        child = self._child
        assert child is not None
        deadline = time.monotonic() + START_SECONDS
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline and not self._stopped.is_set():
                if child.poll() is not None:
                    raise NotRunning(
                        f"The tracking server ended with exit code {child.returncode}; see "
                        f"{self._folder / 'server.log'}."
                    )
                if _answers(session, f"{self.url}/health"):
                    self._ready = True
                    return
                self._stopped.wait(0.1)
        raise NotRunning(f"The tracking server does not answer; see {self._folder / 'server.log'}.")

    def _choose_port(self) -> int:
        """The port it had before, so that a page in a browser stays right; or a free one."""
        before = int((self._cloud.store.get(SETTINGS, PORT) or {}).get("port", 0))
        deadline = time.monotonic() + PORT_SECONDS
        port = _bindable(before)
        while not port and time.monotonic() < deadline and not self._stopped.wait(0.05):
            port = _bindable(before)  # whoever had it may be on the way out
        port = port or _bindable(0)
        self._cloud.store.put(SETTINGS, PORT, {"port": port})
        return port


def _bindable(wanted: int) -> int:
    """The port, or any for 0, if a server could have it now; else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _answers(session: requests.Session, url: str) -> bool:
    try:
        return session.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def ask(
    server: MlflowServer, method: str, path: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Its answer to the cloud itself; its own error as an error of the workspace."""
    try:
        status, body = server.call(method, path, arguments)
    except NotRunning as error:
        raise ApiError(503, "TEMPORARILY_UNAVAILABLE", str(error)) from error
    if status >= 400:
        code = str(body.get("error_code", "INTERNAL_ERROR"))
        raise ApiError(status, code, str(body.get("message", "")))
    return body
