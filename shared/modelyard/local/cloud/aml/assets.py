"""Versions of codes, models, environments, data and components: they can't change any more."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.holders import Holder
from modelyard.local.cloud.aml.registries.models import Registries, Registry
from modelyard.local.cloud.aml.workspaces import Workspaces
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
LEAVE_SECONDS = 3600.0


class Assets:
    """All assets of all workspaces and registries."""

    def __init__(
        self,
        cloud: Cloud,
        workspaces: Workspaces,
        registries: Registries,
        datastores: Datastores,
        blobs: Blobs,
    ) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._registries = registries
        self._datastores = datastores
        self._blobs = blobs

    def find(self, holder: Holder, kind: str, name: str, version: str) -> Json | None:
        return self._cloud.store.get(COLLECTION, _key(holder, kind, name, version))

    def get(self, holder: Holder, kind: str, name: str, version: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self.find(holder, kind, name, version)
        if found is None:
            raise exceptions.ArmError(
                404, "UserError", f"Not found: {kind} {name}:{version} in {holder.name}."
            )
        return found

    def by_id(self, id: str, kind: str) -> Json:
        """An asset of any of them by its resource id or ``azureml://`` form. Raises ArmError."""
        pattern = rf"(.*)/{kind}/([^/]+)/(?:versions/)?([^/]+)"
        match = re.fullmatch(pattern, _path(id), re.IGNORECASE)
        holders = (*self._workspaces.all(), *self._registries.all())
        holder = match and next(
            (one for one in holders if _path(one.address).lower() == match[1].lower()), None
        )
        if match is None or holder is None:
            raise exceptions.bad_request(f"{id} is not the id of one of the {kind}.", "UserError")
        return self.get(holder, kind, match[2], match[3])

    def versions(self, holder: Holder, kind: str, name: str) -> list[Json]:
        """The newest first."""
        start = _key(holder, kind, name, "")
        found = [one for key, one in self._cloud.store.items(COLLECTION) if key.startswith(start)]
        return sorted(found, key=lambda one: str(one["systemData"]["createdAt"]), reverse=True)

    def containers(self, holder: Holder, kind: str) -> Iterator[Json]:
        """One entry for each name."""
        start = f"{holder.id}/{kind}/".lower()
        names = {
            document["container"]: None
            for key, document in self._cloud.store.items(COLLECTION)
            if key.startswith(start)
        }
        for name in names:
            yield self.container(holder, kind, name)

    def container(self, holder: Holder, kind: str, name: str) -> Json:
        """Raises ArmError when there is no version of it."""
        versions = self.versions(holder, kind, name)
        if not versions:
            raise exceptions.ArmError(404, "UserError", f"Not found: {kind} {name}.")
        numbers = [int(one["name"]) for one in versions if one["name"].isdigit()]
        return {
            "id": f"{holder.address}/{kind}/{name}",
            "name": name,
            "type": f"Microsoft.MachineLearningServices/{holder.kind}/{kind}",
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

    def put(self, holder: Holder, kind: str, name: str, version: str, body: Json) -> bool:
        """Create or update; says whether it is new. Raises ArmError."""
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(version):
            raise exceptions.bad_request(
                f"{name}:{version} is not a name and version of an asset.", "UserError"
            )
        properties = dict(body.get("properties") or {})
        if kind in _URI:
            self._check_files(holder, str(properties.get(_URI[kind]) or ""))
        key = _key(holder, kind, name, version)
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
                "id": f"{holder.address}/{kind}/{name}/versions/{version}",
                "name": version,
                "container": name,
                "type": f"Microsoft.MachineLearningServices/{holder.kind}/{kind}/versions",
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

    def delete(self, holder: Holder, kind: str, name: str, version: str) -> bool:
        return self._cloud.store.delete(COLLECTION, _key(holder, kind, name, version))

    def pending_upload(self, holder: Holder, key: str) -> Json:
        """A new blob container of the holder's account, and leave to write into it."""
        container = f"{holder.guid[:8]}-{secrets.token_hex(16)}"
        self._blobs.ensure_container(holder.account, container)
        return {
            "pendingUploadId": None,
            "pendingUploadType": "TemporaryBlobReference",
            **self.leave(holder, key, container, "rcwl"),
        }

    def leave(self, holder: Holder, key: str, container: str, permissions: str) -> Json:
        """A container's address with a signature, which is good for an hour."""
        address = f"https://{holder.account}.blob.core.windows.net/{container}"
        until = self._cloud.clock.time() + LEAVE_SECONDS
        signature = container_sas(key, holder.account, container, permissions, until)
        return {
            "blobReferenceForConsumption": {
                "blobUri": address,
                "storageAccountArmId": holder.storage,
                "credential": {"credentialType": "SAS", "sasUri": f"{address}?{signature}"},
            },
        }

    def forget(self, holder: Holder) -> None:
        """All that it holds: it is being deleted."""
        for key, _ in self._cloud.store.items(COLLECTION):
            if key.startswith(f"{holder.id}/".lower()):
                self._cloud.store.delete(COLLECTION, key)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _check_files(self, holder: Holder, uri: str) -> None:
        place = paths.locate(uri, holder, self._datastores)
        if next(paths.files(place, self._blobs), None) is None:
            raise exceptions.bad_request(f"There is no file at {uri}.", "UserError")
        if isinstance(holder, Registry) and place.account != holder.account:
            raise exceptions.bad_request(
                f"The files of a registry are in its own storage, not at {uri}.", "UserError"
            )


def _path(address: str) -> str:
    return address.removeprefix("azureml:").replace("//", "/")


def _key(holder: Holder, kind: str, name: str, version: str) -> str:
    return f"{holder.id}/{kind}/{name}/{version}".lower()


def _check_same(before: Json, properties: Json, kind: str, named: str) -> None:
    for one in KINDS[kind]:
        if one in properties and properties[one] != before["properties"].get(one):
            raise exceptions.conflict(
                f"{kind} {named} exists already, and its {one} can't be changed. Register a new "
                "version."
            )
