"""Artifacts as MLflow's clients bring and fetch them: among the files of the run.

Source: https://mlflow.org/docs/latest/rest-api/, "mlflow-artifacts".
"""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.execution.artifacts import CONTAINER
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import reply
from modelyard.local.cloud.storage.models import Blobs, Conditions

Json = dict[str, Any]


class ArtifactFiles:
    """``mlflow-artifacts:/PATH`` is the blob PATH in the container of artifacts."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def put(self, request: Request, workspace: Workspace, path: str) -> Response:
        self._blobs.ensure_container(workspace.account, CONTAINER)
        kind = request.headers.get("Content-Type") or "application/octet-stream"
        properties = {"content_type": kind, "metadata": {}}
        place = (workspace.account, CONTAINER, path)
        self._blobs.put(place, request.stream, properties, Conditions())
        return reply({})

    def get(self, _request: Request, workspace: Workspace, path: str) -> Response:
        blob = self._blobs.find(workspace.account, CONTAINER, path)
        if blob is None:
            raise NotFound(f"There is no artifact {path}.")
        return Response(self._blobs.path(blob).open("rb"), mimetype=blob["content_type"])

    def list(self, request: Request, workspace: Workspace) -> Json:
        """Files and folders right below ``path``."""
        start = f"{request.args.get('path', '').strip('/')}/"
        found: dict[str, Json] = {}
        self._blobs.ensure_container(workspace.account, CONTAINER)
        for name in self._blobs.names(workspace.account, CONTAINER, start):
            first, _, below = name[len(start) :].partition("/")
            size = self._blobs.get(workspace.account, CONTAINER, name)["size"]
            entry = {"path": first, "is_dir": bool(below)}
            found[first] = entry if below else {**entry, "file_size": size}
        return {"files": list(found.values())}
