"""Resources of any kind, as Resource Manager keeps them: documents by id, whatever their case.

What a kind needs to be created is in KINDS; what it does then is the affair of its own service.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "arm-resources"
STORAGE = "Microsoft.Storage/storageAccounts"
MACHINE_LEARNING = "Microsoft.MachineLearningServices/workspaces"
REGISTRY = "Microsoft.MachineLearningServices/registries"
KEYED = (STORAGE,)
"""Kinds that have two access keys."""
KINDS: Mapping[str, tuple[str, ...]] = {
    STORAGE: (),
    "Microsoft.KeyVault/vaults": (),
    "Microsoft.Insights/components": (),
    "Microsoft.OperationalInsights/workspaces": (),
    "Microsoft.ContainerRegistry/registries": (),
    "Microsoft.ManagedIdentity/userAssignedIdentities": (),
    MACHINE_LEARNING: ("storageAccount", "keyVault"),
    REGISTRY: (),
}
"""Kind -> properties that name another resource, which has to be there."""
_CANONICAL = {kind.lower(): kind for kind in KINDS}


def resource_id(subscription: str, group: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"


def canonical(kind: str) -> str:
    """The kind as it is written. Raises ArmError for one that isn't emulated."""
    found = _CANONICAL.get(kind.lower())
    if found is None:
        raise exceptions.no_provider(kind)
    return found


class Resources:
    """All resources of the subscription. All state is in the cloud's store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def find(self, id: str) -> Json | None:
        document = self._cloud.store.get(COLLECTION, id.lower())
        return None if document is None else _shown(document)

    def get(self, subscription: str, group: str, kind: str, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self.find(resource_id(subscription, group, kind, name))
        if found is None:
            raise exceptions.resource_not_found(canonical(kind), name, group)
        return found

    def put(self, subscription: str, group: str, kind: str, name: str, body: Json) -> bool:
        """Create or replace; says whether it is new. Raises ArmError."""
        kind = canonical(kind)
        address = resource_id(subscription, group, kind, name)
        if not isinstance(body.get("location"), str):
            raise exceptions.location_required()
        properties = body.get("properties") or {}
        self._check_references(kind, name, properties)
        with self._cloud.store.lock:
            before = self._cloud.store.get(COLLECTION, address.lower())
            now = stamp(self._cloud.clock.time())
            document = {
                "id": address,
                "name": name,
                "type": kind,
                "location": body["location"].lower().replace(" ", ""),
                "tags": body.get("tags") or {},
                **{one: body[one] for one in ("sku", "kind", "identity") if body.get(one)},
                "properties": {**properties, "provisioningState": "Succeeded"},
                "systemData": {
                    "createdAt": before["systemData"]["createdAt"] if before else now,
                    "lastModifiedAt": now,
                },
                "keys": (before or {}).get("keys") or _keys(kind),
            }
            self._cloud.store.put(COLLECTION, address.lower(), document)
        return before is None

    def delete(self, subscription: str, group: str, kind: str, name: str) -> bool:
        address = resource_id(subscription, group, kind, name)
        return self._cloud.store.delete(COLLECTION, address.lower())

    def of_group(self, subscription: str, group: str) -> Iterator[Json]:
        """What is in a resource group."""
        start = f"/subscriptions/{subscription}/resourcegroups/{group}/".lower()
        for key, document in self._cloud.store.items(COLLECTION):
            if key.startswith(start):
                yield _shown(document)

    def of_kind(self, kind: str) -> Iterator[Json]:
        for _, document in self._cloud.store.items(COLLECTION):
            if document["type"] == kind:
                yield _shown(document)

    def keys(self, id: str) -> list[str]:
        """Both access keys, base64; none for a kind without. Raises ArmError."""
        document = self._cloud.store.get(COLLECTION, id.lower())
        if document is None:
            parts = id.strip("/").split("/")
            raise exceptions.resource_not_found("/".join(parts[5:-1]), parts[-1], parts[3])
        return list(document["keys"])

    def account(self, name: str) -> Json | None:
        """The storage account of that name; those are unique in the world."""
        found = (one for one in self.of_kind(STORAGE) if one["name"].lower() == name.lower())
        return next(found, None)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _check_references(self, kind: str, name: str, properties: Json) -> None:
        for one in KINDS[kind]:
            named = properties.get(one)
            if not named:
                raise exceptions.bad_request(
                    f"Missing dependent resources in workspace {name}: {one} is required.",
                    "ValidationError",
                )
            if self._cloud.store.get(COLLECTION, str(named).lower()) is None:
                raise exceptions.bad_request(
                    f"The resource that {one} of '{name}' names was not found: {named}.",
                    "ValidationError",
                )


def _keys(kind: str) -> list[str]:
    count = 2 if kind in KEYED else 0
    return [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(count)]


def _shown(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "keys"}
