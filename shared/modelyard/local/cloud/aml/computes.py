"""Computes that are attached to a workspace: Kubernetes clusters, for endpoints on them.

Nothing of the cluster is emulated: what is deployed there runs on this machine.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.times import stamp
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-computes"
KUBERNETES = "Kubernetes"


class Computes:
    """All computes of all workspaces."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(self, workspace: Workspace, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, _key(workspace, name))
        if found is None:
            raise exceptions.ArmError(404, "ResourceNotFound", f"The compute {name} is not there.")
        return found

    def exists(self, id: str) -> bool:
        """Whether a resource id is one of these."""
        return self._cloud.store.get(COLLECTION, id.lower()) is not None

    def list(self, workspace: Workspace) -> Json:
        start = _key(workspace, "")
        found = [one for key, one in self._cloud.store.items(COLLECTION) if key.startswith(start)]
        return {"value": found}

    def put(self, workspace: Workspace, name: str, body: Json) -> bool:
        """Attach; says whether it is new. Raises ArmError."""
        given = body.get("properties") or {}
        if given.get("computeType") != KUBERNETES:
            raise exceptions.bad_request(
                f"Computes of type {given.get('computeType')} aren't emulated, {KUBERNETES} is.",
                "NotEmulated",
            )
        if not given.get("resourceId"):
            raise exceptions.bad_request("resourceId of the cluster is required.")
        key = _key(workspace, name)
        new = self._cloud.store.get(COLLECTION, key) is None
        now = stamp(self._cloud.clock.time())
        document = {
            "id": f"{workspace.id}/computes/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/computes",
            "location": workspace.location,
            "tags": body.get("tags") or {},
            "properties": {
                "description": None,
                "computeLocation": workspace.location,
                "disableLocalAuth": False,
                **given,
                "properties": {"namespace": "default", **(given.get("properties") or {})},
                "isAttachedCompute": True,
                "provisioningErrors": None,
                "createdOn": now,
                "modifiedOn": now,
                "provisioningState": "Succeeded",
            },
        }
        self._cloud.store.put(COLLECTION, key, document)
        return new

    def detach(self, workspace: Workspace, name: str) -> bool:
        return self._cloud.store.delete(COLLECTION, _key(workspace, name))

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/computes/{name}".lower()
