"""HTTP of the files of model versions."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.databricks.calls import Call
from modelyard.local.cloud.databricks.files.responses import FileResponses
from modelyard.local.cloud.mlflow.version_files import VersionFiles
from modelyard.local.cloud.tokens import OWNER, Principal

Json = dict[str, Any]


class VersionFilesResponses:
    """Two endpoints of the registry, and what the signed addresses lead to."""

    def __init__(self, files: VersionFiles, files_api: FileResponses) -> None:
        self._files = files
        self._files_api = files_api

    def list(self, call: Call) -> Json:
        name, version = call.text("name"), str(call.number("version"))
        return {"files": self._files.entries(name, version, *_path(call))}

    def sign(self, call: Call) -> Json:
        name, version = call.text("name"), str(call.number("version"))
        return {"signed_uri": self._files.sign(name, version, *_path(call)), "headers": []}

    def download(self, request: Request, secret: str) -> Response:
        """No token: who has the address may read."""
        path = self._files.signed(secret)
        call = Call(request, Principal("user", OWNER, None), "2.0", {})
        return self._files_api.download(call, path.lstrip("/"))


def _path(call: Call) -> tuple[str, str]:
    return call.text("path", "").strip("/"), call.principal.name
