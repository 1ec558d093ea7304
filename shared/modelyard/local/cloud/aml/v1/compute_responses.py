"""HTTP of computes as SDK v1 reads them (``/rp/workspaces/.../computes``).

It creates and attaches them through Resource Manager: see :mod:`modelyard.local.cloud.aml`.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.workspaces import Workspace

Json = dict[str, Any]


class ComputeResponses:
    """Without secrets."""

    def __init__(self, computes: Computes) -> None:
        self._computes = computes

    def list(self, _request: Request, workspace: Workspace) -> Json:
        found = self._computes.list(workspace)["value"]
        return {"value": [_shown(one) for one in found]}

    def get(self, _request: Request, workspace: Workspace, compute: str) -> Json:
        return _shown(self._computes.shown(workspace, compute))


def _shown(compute: Json) -> Json:
    """azureml-core can't do without some keys that are null."""
    properties = {"description": None, "resourceId": None, **compute["properties"]}
    return {**compute, "tags": compute["tags"] or None, "properties": properties}
