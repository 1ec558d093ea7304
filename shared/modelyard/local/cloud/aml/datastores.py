"""Datastores: the two blob containers that a workspace has from the start, and registered ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.aml.datastore_forms import BLOB, CONTAINERS, SHARE
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs

Json = dict[str, Any]
COLLECTION, DEFAULTS = "aml-datastores", "aml-default-datastores"
DEFAULT = "workspaceblobstore"
_CONTAINERS: Mapping[str, str] = {
    DEFAULT: "azureml-blobstore-{guid}",
    "workspaceartifactstore": "azureml",
}
_NAME = re.compile(r"[A-Za-z0-9_]{1,255}")


@dataclass(frozen=True)
class Container:
    """The blob container behind a datastore."""

    account: str
    name: str


class Datastores:
    """Those of every workspace. Their containers are there when somebody asks."""

    def __init__(self, cloud: Cloud, workspaces: Workspaces, blobs: Blobs) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._blobs = blobs

    def container(self, workspace: Workspace, name: str) -> str:
        """The container of a datastore. Raises ArmError for one that isn't there."""
        return self.place(workspace, name).name

    def place(self, workspace: Workspace, name: str) -> Container:
        """Account and container of a datastore. Raises ArmError for one that isn't there.

        A file system of Data Lake Storage is a blob container, as on Azure.
        """
        pattern = _CONTAINERS.get(name)
        if pattern is None:
            properties = self._registered(workspace, name)["properties"]
            kind = str(properties["datastoreType"])
            if kind == SHARE:  # the local storage has blobs alone
                raise exceptions.bad_request(
                    f"The files of the file share {name} aren't emulated.", "NotEmulated"
                )
            return Container(str(properties["accountName"]), str(properties[CONTAINERS[kind]]))
        container = pattern.format(guid=workspace.guid)
        self._blobs.ensure_container(workspace.account, container)
        return Container(workspace.account, container)

    def get(self, workspace: Workspace, name: str) -> Json:
        if name in _CONTAINERS:
            place = self.place(workspace, name)
            properties: Json = {
                "datastoreType": BLOB,
                "accountName": place.account,
                "containerName": place.name,
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "AccountKey"},
                "description": None,
                "tags": {},
                "properties": {},
            }
        else:
            properties = self._registered(workspace, name)["properties"]
        return {
            "id": f"{workspace.id}/datastores/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": {**properties, "isDefault": name == self.default(workspace)},
            "systemData": {},
        }

    def list(self, workspace: Workspace) -> Json:
        names = [*_CONTAINERS, *self._names(workspace)]
        return {"value": [self.get(workspace, name) for name in names]}

    def secrets(self, workspace: Workspace, name: str) -> Json:
        """What a client signs in to the storage with."""
        if name in _CONTAINERS:
            return {"secretsType": "AccountKey", "key": self._workspaces.keys(workspace)[0]}
        found: Json = self._registered(workspace, name)["secrets"]
        return found

    def put(self, workspace: Workspace, name: str, properties: Json, secrets: Json) -> bool:
        """Register or replace one; says whether it is new. Raises ArmError.

        Properties and secrets are those of Resource Manager; only containers of accounts that are
        in this cloud can be used.
        """
        if name in _CONTAINERS:
            raise exceptions.conflict(f"The datastore {name} belongs to the workspace.")
        if not _NAME.fullmatch(name):
            raise exceptions.bad_request(
                f"Datastore name {name!r} is not valid: letters, digits and underscores.",
                "UserError",
            )
        key = _key(workspace, name)
        new = self._cloud.store.get(COLLECTION, key) is None
        document = {"name": name, "properties": properties, "secrets": secrets}
        self._cloud.store.put(COLLECTION, key, document)
        return new

    def delete(self, workspace: Workspace, name: str) -> bool:
        """Forget one; its container stays. Raises ArmError for one of the workspace's own."""
        if name in _CONTAINERS:
            raise exceptions.conflict(f"The datastore {name} belongs to the workspace.")
        return self._cloud.store.delete(COLLECTION, _key(workspace, name))

    def default(self, workspace: Workspace) -> str:
        """The name of the default one."""
        found = self._cloud.store.get(DEFAULTS, workspace.id.lower())
        return str(found["name"]) if found else DEFAULT

    def set_default(self, workspace: Workspace, name: str) -> None:
        """Raises ArmError for one that isn't there."""
        self.get(workspace, name)
        self._cloud.store.put(DEFAULTS, workspace.id.lower(), {"name": name})

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
        self._cloud.store.clear(DEFAULTS)

    def _names(self, workspace: Workspace) -> Iterator[str]:
        start = _key(workspace, "")
        for key, document in self._cloud.store.items(COLLECTION):
            if key.startswith(start):
                yield str(document["name"])

    def _registered(self, workspace: Workspace, name: str) -> Json:
        found = self._cloud.store.get(COLLECTION, _key(workspace, name))
        if found is None:
            raise exceptions.ArmError(404, "UserError", f"Datastore {name} was not found.")
        return found


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/datastores/{name}".lower()
