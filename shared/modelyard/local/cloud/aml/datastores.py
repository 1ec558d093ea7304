"""Datastores: the two blob containers that a workspace has from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.storage.models import Blobs

Json = dict[str, Any]
DEFAULT = "workspaceblobstore"
_CONTAINERS: Mapping[str, str] = {
    DEFAULT: "azureml-blobstore-{guid}",
    "workspaceartifactstore": "azureml",
}


class Datastores:
    """Those of every workspace. Their containers are there when somebody asks."""

    def __init__(self, workspaces: Workspaces, blobs: Blobs) -> None:
        self._workspaces = workspaces
        self._blobs = blobs

    def container(self, workspace: Workspace, name: str) -> str:
        """The blob container behind a datastore. Raises ArmError for one that isn't there."""
        pattern = _CONTAINERS.get(name)
        if pattern is None:
            raise exceptions.ArmError(404, "UserError", f"Datastore {name} was not found.")
        container = pattern.format(guid=workspace.guid)
        self._blobs.ensure_container(workspace.account, container)
        return container

    def get(self, workspace: Workspace, name: str) -> Json:
        container = self.container(workspace, name)
        return {
            "id": f"{workspace.id}/datastores/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": workspace.account,
                "containerName": container,
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "AccountKey"},
                "isDefault": name == DEFAULT,
                "description": None,
                "tags": {},
                "properties": {},
            },
            "systemData": {},
        }

    def list(self, workspace: Workspace) -> Json:
        return {"value": [self.get(workspace, name) for name in _CONTAINERS]}

    def secrets(self, workspace: Workspace, name: str) -> Json:
        """The key of its account."""
        self.container(workspace, name)
        return {"secretsType": "AccountKey", "key": self._workspaces.keys(workspace)[0]}
