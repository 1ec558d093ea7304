"""A workspace of notebooks behind HTTP, and drivers for it, for the notebook runtime's tests."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from modelyard.local.notebook.driver_process import (
    DriverProcess,
    NotebookRequest,
    NotebookResult,
    NotebookRun,
)

TOKEN = "token-for-one-test-run"
SEPARATOR = "\n\n# COMMAND ----------\n\n"
PATIENCE = 60.0
"""Seconds after which a test gives up; nothing takes that long."""


def notebook(*cells: str) -> str:
    """Source format from Python cells; a cell that begins with ``%`` becomes MAGIC lines."""
    written = []
    for cell in cells:
        lines = cell.strip("\n").split("\n")
        if lines[0].startswith(("%", "!")):
            lines = [f"# MAGIC {line}".rstrip() for line in lines]
        written.append("\n".join(lines))
    return "# Databricks notebook source\n" + SEPARATOR.join(written) + "\n"


@dataclass
class FakeWorkspace:
    """The part of the REST API that a driver reads. Only ``TOKEN`` is let in."""

    url: str = ""
    notebooks: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        name = path.removeprefix("/api/2.0/")
        if name == "workspace/export":
            return self._export(query)
        if name == "secrets/scopes/list":
            return 200, {
                "scopes": [{"name": scope} for scope in sorted({s for s, _ in self.secrets})]
            }
        if name == "secrets/list":
            keys = [key for scope, key in self.secrets if scope == query["scope"]]
            return 200, {"secrets": [{"key": key} for key in keys]}
        if name == "secrets/get":
            value = self.secrets.get((query["scope"], query["key"]))
            if value is not None:
                return 200, {"key": query["key"], "value": _base64(value)}
        return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such thing"}

    def _export(self, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        path, form = query["path"], query["format"]
        if path in self.files:
            return 200, {"content": _base64(self.files[path]), "file_type": "py"}
        content = self.notebooks.get(path)
        if content is None:
            message = f"Path ({path}) doesn't exist."
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": message}
        if content.startswith("{") and form != "JUPYTER":
            return 400, {"error_code": "BAD_REQUEST", "message": "only JUPYTER"}
        return 200, {"content": _base64(content), "file_type": "py"}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextmanager
def serve(workspace: FakeWorkspace) -> Iterator[FakeWorkspace]:
    """Serve ``workspace`` on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            workspace.requests.append(parts.path)
            if self.headers["Authorization"] == f"Bearer {TOKEN}":
                status, document = workspace.answer(parts.path, dict(parse_qsl(parts.query)))
            else:
                status, document = 403, {"error_code": "PERMISSION_DENIED", "message": "no"}
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    workspace.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Cluster:
    """A driver with its workspace and folders."""

    workspace: FakeWorkspace
    folder: Path
    driver: DriverProcess
    exits: list[int]
    exited: threading.Event

    @property
    def dbfs(self) -> Path:
        return self.folder / "dbfs"

    def start(self, path: str, *cells: str, **fields: Any) -> NotebookRun:
        """Start a run of ``path``; with cells, that notebook is imported first."""
        if cells:
            self.workspace.notebooks[path] = notebook(*cells)
        environment = {
            "DATABRICKS_HOST": self.workspace.url,
            "DATABRICKS_TOKEN": TOKEN,
            **fields.pop("environment", {}),
        }
        request = NotebookRequest(
            run_id=fields.pop("run_id", 1), notebook_path=path, environment=environment, **fields
        )
        return self.driver.run(request)

    def run(self, path: str, *cells: str, **fields: Any) -> NotebookResult:
        """A run, to its end."""
        result = self.start(path, *cells, **fields).wait(PATIENCE)
        assert result is not None, "the run did not end"
        return result


@contextmanager
def cluster(folder: Path, **environment: str) -> Iterator[Cluster]:
    """A running driver whose workspace is empty; stopped afterwards."""
    exits: list[int] = []
    exited = threading.Event()

    def on_exit(status: int) -> None:
        exits.append(status)
        exited.set()

    for name in ("dbfs", "volumes", "workspace"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    variables = {
        "MODELYARD_DBFS_ROOT": str(folder / "dbfs"),
        "MODELYARD_VOLUMES_ROOT": str(folder / "volumes"),
        "MODELYARD_WORKSPACE_FILES_ROOT": str(folder / "workspace"),
        **environment,
    }
    if "MODELYARD_TEST_RUN" in os.environ:  # by which the end of the tests finds what is left
        variables["MODELYARD_TEST_RUN"] = os.environ["MODELYARD_TEST_RUN"]
    driver = DriverProcess(
        python=Path(sys.executable),
        folder=folder / "cluster",
        environment=variables,
        on_exit=on_exit,
    )
    with serve(FakeWorkspace()) as workspace:
        driver.start()
        try:
            yield Cluster(workspace, folder, driver, exits, exited)
        finally:
            driver.stop()


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie doesn't)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.parent.parent.joinpath("self").exists() or ") Z " not in stat.read_text()
    except FileNotFoundError:
        return False
