"""The registry when ``docker-registry`` is installed: requests go to that program."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from modelyard.clock import SystemClock
from modelyard.images import reference, registry
from modelyard.images.layout import CONFIG, MANIFEST, Layout
from modelyard.local.cloud.cloud import LocalCloud

STAND_IN = f"""#!{sys.executable} -S
import http.server, json, os, sys

assert sys.argv[1] == "serve"
settings = json.load(open(sys.argv[2]))
host, _, port = settings["http"]["addr"].partition(":")

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding"):
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(length)
        body = json.dumps({{
            "method": self.command, "path": self.path, "body": data.decode(),
            "pid": os.getpid(), "authorization": self.headers.get("Authorization"),
            "storage": settings["storage"]["filesystem"]["rootdirectory"],
        }}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_PUT = do_PATCH = do_POST = do_GET
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for docker-registry on PATH that answers with what it is asked."""
    path = tmp_path / "bin" / "docker-registry"
    path.parent.mkdir()
    path.write_text(STAND_IN)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))
    return path


@pytest.fixture
def cloud(tmp_path: Path, program: Path) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path / "state", services=("registry",)) as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_requests_reach_the_program_as_they_are(cloud: LocalCloud, http: requests.Session) -> None:
    url = f"{cloud.url}/v2/a/b/blobs/uploads/7?state=x%2Fy"
    for data in (b"text", iter([b"te", b"xt"])):
        found = http.patch(url, data=data, headers={"Authorization": "Bearer secret"}).json()
        assert (found["method"], found["path"]) == ("PATCH", "/v2/a/b/blobs/uploads/7?state=x%2Fy")
        assert found["body"] == "text"
        assert found["authorization"] is None
    assert found["storage"] == str(cloud.folder / "registry" / "program")
    assert cloud.status()["services"]["registry"]["storage"] == "docker-registry"


def test_a_program_that_died_is_started_again_and_stops_with_the_cloud(
    cloud: LocalCloud, http: requests.Session
) -> None:
    first = http.get(f"{cloud.url}/v2/").json()["pid"]
    assert http.get(f"{cloud.url}/v2/").json()["pid"] == first
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 20
    second = http.get(f"{cloud.url}/v2/")
    while second.status_code == 503 and time.monotonic() < deadline:  # it may not be reaped yet
        second = http.get(f"{cloud.url}/v2/")
    assert second.json()["pid"] != first
    cloud.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(second.json()["pid"], 0)


def test_without_the_program_its_images_are_not_lost_silently(
    cloud: LocalCloud, http: requests.Session, program: Path
) -> None:
    assert http.get(f"{cloud.url}/v2/").ok
    cloud.stop()
    program.unlink()
    with LocalCloud(cloud.folder, services=("registry",)) as again:
        answer = http.get(f"{again.url}/v2/")
        assert answer.status_code == 503
        assert "isn't on PATH any more" in answer.json()["errors"][0]["message"]
        again.reset()
        assert http.get(f"{again.url}/v2/").ok


@pytest.mark.skipif(not shutil.which("docker-registry"), reason="docker-registry isn't installed")
def test_the_real_program_takes_an_image(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    config = layout.put(b"{}", CONFIG)
    body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config.document(), "layers": []}
    pushed = layout.read_manifest(layout.put_json(body, MANIFEST))
    with LocalCloud(tmp_path / "real", services=("registry",)) as running:
        name = reference.parse(f"{running.url.removeprefix('http://')}/wine")
        target = registry.connect(name, clock=SystemClock(), write=True)
        digest = registry.push(target, layout, pushed, "1")
        assert registry.manifest(target, "1")[0].digest == digest
