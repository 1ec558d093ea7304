"""A task whose launcher has to make its private environment, in a run within the local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from launcher.workplace import Workplace, node
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.runner.engine.settings import tool_cache

CLOUD_SERVICES = ("entra", "arm", "devops", "databricks")
INDEX = "packages.example"
"""A name that leads nowhere: only the proxy outside of the cloud serves it."""
TIME_OUT = 120


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """The tiny library as a task, and its tiny package."""
    place = Workplace(tmp_path)
    (place.action / "task.json").write_text(
        json.dumps(
            {
                "id": "11bd0a70-2c6b-4d0c-8b4b-0d8a6f0c9a02",
                "name": "Tiny",
                "version": {"Major": 1, "Minor": 0, "Patch": 0},
                "inputs": [{"name": "mode", "type": "string", "label": "m"}],
                "execution": {"Node20_1": {"target": "main.js"}},
                "postjobexecution": {"Node20_1": {"target": "post.js"}},
            }
        )
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "azure-pipelines.yml").write_text(
        "steps:\n- checkout: none\n- task: Tiny@1\n  inputs: {mode: show}\n"
    )
    return place


@pytest.fixture
def proxy(workplace: Workplace) -> Iterator[list[str]]:
    """The way out of this machine; the paths that were asked for through it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            asked.append(where.path)
            path = workplace.root / where.path.strip("/")
            file = path / "index.html" if path.is_dir() else path
            found = where.hostname == INDEX and file.is_file()
            body = file.read_bytes() if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html" if path.is_dir() else "application/zip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Tests print enough."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        workplace.environment |= {
            "HTTP_PROXY": f"http://127.0.0.1:{server.server_port}",
            "http_proxy": f"http://127.0.0.1:{server.server_port}",
            "PIP_INDEX_URL": f"http://{INDEX}/simple",
            "PIP_TRUSTED_HOST": INDEX,
            "PIP_RETRIES": "0",
        }
        yield asked
        server.shutdown()
        thread.join()


def test_its_packages_come_from_outside_of_the_cloud_once(
    cloud: LocalCloud, workplace: Workplace, proxy: list[str], library_path: dict[str, str]
) -> None:
    environment = {
        **workplace.environment,
        "PATH": os.pathsep.join([workplace.environment["PATH"], str(Path(node()).parent)])
        + ":/usr/bin:/bin",
        "PYTHONPATH": library_path["PYTHONPATH"],
    }
    del environment["RUNNER_TOOL_CACHE"]
    cache = tool_cache(environment)
    assert not cache.exists()

    first, second = (_run(cloud, workplace, environment) for _ in range(2))

    assert first.returncode == second.returncode == 0, first.stdout + first.stderr
    for done in (first, second):
        line = next(one for one in done.stdout.splitlines() if '"tiny": ' in one)
        told = json.loads(line[line.index("{") :])
        assert told["tiny"] == "1.0"
        assert Path(told["prefix"]).is_relative_to(cache)
        assert "DATABRICKS_HOST" in told["environment"]  # the operation itself is in the cloud
    assert proxy == ["/simple/tiny/", "/simple/tiny/tiny-1.0-py3-none-any.whl"]  # once
    results = workplace.root / "project" / ".modelyard"
    assert not list(results.rglob("pyvenv.cfg"))


def _run(
    cloud: LocalCloud, workplace: Workplace, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "modelyard", "local", "run", "azure-pipelines.yml",
            "--state", str(cloud.folder), "--task", f"Tiny={workplace.action}",
        ],
        capture_output=True, text=True, env=environment, cwd=workplace.root / "project",
        timeout=TIME_OUT, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
