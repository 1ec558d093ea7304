"""HTTP of registered models and their files (``/modelmanagement/v1.0/...``)."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.v1.registered_models import RegisteredModels
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body

Json = dict[str, Any]


class ModelResponses:
    """Models by ``NAME:VERSION``, and the assets that hold their files."""

    def __init__(self, models: RegisteredModels) -> None:
        self._models = models

    def create_asset(self, request: Request, workspace: Workspace) -> Json:
        return self._models.add_asset(workspace, read_body(request))

    def asset(self, _request: Request, workspace: Workspace, asset: str) -> Json:
        return self._models.asset(workspace, asset)

    def register(self, request: Request, workspace: Workspace) -> Json:
        return self._models.register(workspace, read_body(request))

    def list(self, request: Request, workspace: Workspace) -> Json:
        """Those of ``name``, of ``runId``, with ``tags`` (``a=b,c``)."""
        given = request.args
        found = self._models.find(
            workspace, given.get("name", ""), _tags(given.get("tags", "")), given.get("runId", "")
        )
        if given.get("latestVersionOnly", "").lower() == "true":
            newest: dict[str, Json] = {}
            for one in found:
                newest.setdefault(one["name"], one)
            found = list(newest.values())
        count = given.get("count", "")
        return {"value": found[: int(count)] if count.isdigit() else found, "nextLink": None}

    def get(self, _request: Request, workspace: Workspace, model: str) -> Json:
        return self._models.get(workspace, model)

    def change(self, request: Request, workspace: Workspace, model: str) -> Json:
        try:
            operations = json.loads(request.get_data())
        except ValueError as error:
            raise refused(f"A JSON patch was expected: {error}") from error
        if not isinstance(operations, list):
            raise refused("A JSON patch is a list of operations.")
        return self._models.change(workspace, model, operations)

    def delete(self, _request: Request, workspace: Workspace, model: str) -> Response:
        return Response(status=200 if self._models.delete(workspace, model) else 204)


def _tags(text: str) -> dict[str, str | None]:
    tags: dict[str, str | None] = {}
    for pair in filter(None, text.split(",")):
        name, given, value = pair.partition("=")
        tags[name] = value if given else None
    return tags
