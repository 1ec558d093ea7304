"""A tiny scoring image for tests: a server of the standard library, and no packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.images.contents import Contents, listen

APP = """
import http.server, json, os, signal, sys, threading

print("starting", os.environ.get("WHO"), flush=True)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if os.environ.get("FAIL"):
    print("the model can't be loaded:", os.environ["FAIL"], flush=True)
    sys.exit(3)
if os.environ.get("NEVER_READY"):
    threading.Event().wait()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, {"user": os.getuid()})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("die"):
            os._exit(1)
        print("scored", len(body.get("instances", [])), flush=True)
        self.answer(200, {
            "predictions": [os.environ.get("WHO")] * len(body.get("instances", [])),
            "user": os.getuid(),
            "path": self.path,
            "authorization": self.headers.get("Authorization"),
        })
    def log_message(self, *_):
        pass

address = (os.environ["HOST"], int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""


def contents(folder: Path, who: str, environment: Mapping[str, str] | None = None) -> Contents:
    """The image's contents; ``who`` is what it predicts. ``folder`` gets its source."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(APP)
    return Contents(
        command=("python3", "/srv/app.py"),
        files={"/srv": folder},
        environment={"WHO": who, **listen("0.0.0.0", 8080), **(environment or {})},  # noqa: S104
        labels={"org.opencontainers.image.title": who},
    )


def model_folder(
    folder: Path,
    requirements: str = "mlflow==3.17.2\nnumpy==2.4.6\npandas==3.1.1\n",
    **changes: Any,
) -> Path:
    """A model folder as MLflow writes it, with nothing in it that could be loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "flavors": {"python_function": {"loader_module": "mlflow.x", "python_version": "3.11.7"}},
        "mlflow_version": "3.17.2",
        "model_uuid": "2b6ab8667c934a85970dfd0d931b1c34",
        "run_id": "0123456789abcdef0123456789abcdef",
        **changes,
    }
    (folder / "MLmodel").write_text(json.dumps(document))
    (folder / "requirements.txt").write_text(requirements)
    (folder / "model.bin").write_bytes(b"\x00model")
    return folder
