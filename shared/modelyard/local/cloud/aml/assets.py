"""Versions of codes, models, environments, data and components: they can't change any more."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.storage.signatures import container_sas
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-assets"
KINDS: Mapping[str, tuple[str, ...]] = {
    "codes": ("codeUri",),
    "models": ("modelUri", "modelType"),
    "environments": ("image", "condaFile", "build", "osType"),
    "data": ("dataUri", "dataType"),
    "components": ("componentSpec",),
}
"""Kind -> the properties that a version keeps for ever."""
_URI = {"codes": "codeUri", "models": "modelUri", "data": "dataUri"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
UPLOAD_SECONDS = 3600.0


class Assets:
    """All assets of all workspaces."""

    def __init__(
        self, cloud: Cloud, workspaces: Workspaces, datastores: Datastores, blobs: Blobs
    ) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._datastores = datastores
        self._blobs = blobs

    def get(self, workspace: Workspace, kind: str, name: str, version: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, _key(workspace, kind, name, version))
        if found is None:
            raise exceptions.ArmError(
                404, "UserError", f"Not found: {kind} {name}:{version} in {workspace.name}."
            )
        return found

    def by_id(self, id: str, kind: str) -> Json:
        """An asset of any workspace by its resource id or ``azureml://`` form. Raises ArmError."""
        text = id.removeprefix("azureml:").replace("//", "/")
        pattern = rf"(.*)/{kind}/([^/]+)/(?:versions/)?([^/]+)"
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        workspace = match and next(
            (one for one in self._workspaces.all() if one.id.lower() == match[1].lower()), None
        )
        if match is None or workspace is None:
            raise exceptions.bad_request(f"{id} is not the id of one of the {kind}.", "UserError")
        return self.get(workspace, kind, match[2], match[3])

    def versions(self, workspace: Workspace, kind: str, name: str) -> list[Json]:
        """The newest first."""
        start = _key(workspace, kind, name, "")
        found = [one for key, one in self._cloud.store.items(COLLECTION) if key.startswith(start)]
        return sorted(found, key=lambda one: str(one["systemData"]["createdAt"]), reverse=True)

    def containers(self, workspace: Workspace, kind: str) -> Iterator[Json]:
        """One entry for each name."""
        start = f"{workspace.id}/{kind}/".lower()
        names = {
            document["container"]: None
            for key, document in self._cloud.store.items(COLLECTION)
            if key.startswith(start)
        }
        for name in names:
            yield self.container(workspace, kind, name)

    def container(self, workspace: Workspace, kind: str, name: str) -> Json:
        """Raises ArmError when there is no version of it."""
        versions = self.versions(workspace, kind, name)
        if not versions:
            raise exceptions.ArmError(404, "UserError", f"Not found: {kind} {name}.")
        numbers = [int(one["name"]) for one in versions if one["name"].isdigit()]
        return {
            "id": f"{workspace.id}/{kind}/{name}",
            "name": name,
            "type": f"Microsoft.MachineLearningServices/workspaces/{kind}",
            "properties": {
                "latestVersion": versions[0]["name"],
                "nextVersion": str(max(numbers, default=0) + 1),
                "isArchived": False,
                "description": None,
                "tags": {},
                "properties": {},
            },
            "systemData": versions[-1]["systemData"],
        }

    def put(self, workspace: Workspace, kind: str, name: str, version: str, body: Json) -> bool:
        """Create or update; says whether it is new. Raises ArmError."""
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(version):
            raise exceptions.bad_request(
                f"{name}:{version} is not a name and version of an asset.", "UserError"
            )
        properties = dict(body.get("properties") or {})
        if kind in _URI:
            self._check_files(workspace, str(properties.get(_URI[kind]) or ""))
        key = _key(workspace, kind, name, version)
        now = stamp(self._cloud.clock.time())
        with self._cloud.store.lock:
            before = self._cloud.store.get(COLLECTION, key)
            if before is not None:
                _check_same(before, properties, kind, f"{name}:{version}")
                properties = {**before["properties"], **properties}
            created = before["systemData"]["createdAt"] if before else now
            if kind == "models":
                properties["flavors"] = properties.get("flavors") or {}
            document = {
                "id": f"{workspace.id}/{kind}/{name}/versions/{version}",
                "name": version,
                "container": name,
                "type": f"Microsoft.MachineLearningServices/workspaces/{kind}/versions",
                "properties": {
                    "description": None,
                    "tags": {},
                    "isArchived": False,
                    "isAnonymous": False,
                    **properties,
                    "properties": properties.get("properties") or {},
                    "provisioningState": "Succeeded",
                },
                "systemData": {"createdAt": created, "lastModifiedAt": now},
            }
            self._cloud.store.put(COLLECTION, key, document)
        return before is None

    def delete(self, workspace: Workspace, kind: str, name: str, version: str) -> bool:
        return self._cloud.store.delete(COLLECTION, _key(workspace, kind, name, version))

    def pending_upload(self, workspace: Workspace) -> Json:
        """A new blob container of the workspace's account, and leave to write into it."""
        key = self._workspaces.keys(workspace)[0]
        container = f"{workspace.guid[:8]}-{secrets.token_hex(16)}"
        self._blobs.ensure_container(workspace.account, container)
        address = f"https://{workspace.account}.blob.core.windows.net/{container}"
        until = self._cloud.clock.time() + UPLOAD_SECONDS
        signature = container_sas(key, workspace.account, container, "rcwl", until)
        return {
            "pendingUploadId": None,
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": {
                "blobUri": address,
                "storageAccountArmId": workspace.storage,
                "credential": {"credentialType": "SAS", "sasUri": f"{address}?{signature}"},
            },
        }

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _check_files(self, workspace: Workspace, uri: str) -> None:
        place = paths.locate(uri, workspace, self._datastores)
        if next(paths.files(place, self._blobs), None) is None:
            raise exceptions.bad_request(f"There is no file at {uri}.", "UserError")


def _key(workspace: Workspace, kind: str, name: str, version: str) -> str:
    return f"{workspace.id}/{kind}/{name}/{version}".lower()


def _check_same(before: Json, properties: Json, kind: str, named: str) -> None:
    for one in KINDS[kind]:
        if one in properties and properties[one] != before["properties"].get(one):
            raise exceptions.conflict(
                f"{kind} {named} exists already, and its {one} can't be changed. Register a new "
                "version."
            )
