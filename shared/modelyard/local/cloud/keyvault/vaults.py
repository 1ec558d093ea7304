"""The vaults, as Resource Manager knows them.

Source: learn.microsoft.com, Key Vault REST reference, "Vaults", API version 2023-07-01.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from modelyard.local.cloud.arm.exceptions import ArmError, resource_not_found
from modelyard.local.cloud.arm.models import LOCATION
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, load_or_create
from modelyard.local.cloud.service import Cloud

COLLECTION = "keyvault.vaults"
KIND = "Microsoft.KeyVault/vaults"
DOMAIN = "vault.azure.net"
FIRST = "modelyard-local"
"""The vault that is there from the start."""
_NAME = re.compile(r"(?=.{3,24}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_CHANGEABLE = (
    "accessPolicies", "enablePurgeProtection", "enableRbacAuthorization", "enableSoftDelete",
    "softDeleteRetentionInDays", "tenantId", "sku",
)  # fmt: skip

Json = dict[str, Any]


def resource_id(name: str) -> str:
    """The id of a vault: all of them are in the one resource group."""
    group = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
    return f"{group}/providers/{KIND}/{name}"


def address(name: str) -> str:
    """``https://NAME.vault.azure.net``"""
    return f"https://{name}.{DOMAIN}"


class Vaults:
    """All vaults, by name. Names compare without case."""

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self.tenant = load_or_create(cloud.folder).tenant_id

    def find(self, name: str) -> Json | None:
        """The vault as Resource Manager shows it, or None."""
        return self._store.get(COLLECTION, name.lower())

    def get(self, name: str) -> Json:
        """The same; raises ArmError when there is none."""
        found = self.find(name)
        if found is None:
            raise resource_not_found(KIND, name, RESOURCE_GROUP)
        return found

    def all(self) -> list[Json]:
        return [vault for _, vault in self._store.items(COLLECTION)]

    def make(self, name: str) -> Json:
        """One whose access Azure roles decide, unless it is there already."""
        with self._store.lock:
            found = self.find(name)
            properties = {"tenantId": self.tenant, "enableRbacAuthorization": True}
            return found or self.put(name, {"location": LOCATION, "properties": properties})

    def put(self, name: str, body: Json) -> Json:
        """Create or update; raises ArmError for what can't be one."""
        properties = body.get("properties")
        if not _NAME.fullmatch(name):
            raise ArmError(
                400,
                "VaultNameNotValid",
                f"The vault name '{name}' is invalid. A vault's name must be between 3-24 "
                "alphanumeric characters. The name must begin with a letter, end with a letter or "
                "digit, and not contain consecutive hyphens.",
            )
        if not isinstance(properties, dict) or not body.get("location"):
            raise ArmError(400, "BadRequest", "A vault needs location and properties.")
        if properties.get("tenantId") != self.tenant:
            raise ArmError(
                400, "BadRequest", f"tenantId must be the tenant of the subscription, {self.tenant}"
            )
        before = self.find(name) or self._new(name, str(body["location"]), self.tenant)
        return self._save(_changed(before, properties, body.get("tags")))

    def change(self, name: str, body: Json) -> Json:
        """Update what the body has."""
        with self._store.lock:
            properties = body.get("properties") or {}
            return self._save(_changed(self.get(name), properties, body.get("tags")))

    def change_policies(self, name: str, kind: str, policies: list[Json]) -> Json:
        """``add``, ``replace`` or ``remove`` access policies of principals."""
        with self._store.lock:
            vault = self.get(name)
            named = {str(one.get("objectId")) for one in policies}
            before = vault["properties"]["accessPolicies"]
            kept = [one for one in before if str(one.get("objectId")) not in named]
            if kind == "replace":
                kept = []
            vault["properties"]["accessPolicies"] = [*kept, *(policies if kind != "remove" else ())]
            return self._save(vault)

    def delete(self, name: str) -> bool:
        """Says whether it was there."""
        return self._store.delete(COLLECTION, name.lower())

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _save(self, vault: Json) -> Json:
        self._store.put(COLLECTION, vault["name"].lower(), vault)
        return vault

    def _new(self, name: str, location: str, tenant: str) -> Json:
        return {
            "id": resource_id(name),
            "name": name,
            "type": KIND,
            "location": location,
            "tags": {},
            "properties": {
                "sku": {"family": "A", "name": "standard"},
                "tenantId": tenant,
                "accessPolicies": [],
                "enabledForDeployment": False,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": 90,
                "enableRbacAuthorization": False,
                "vaultUri": f"{address(name.lower())}/",
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
            },
        }


def _changed(vault: Json, properties: Json, tags: Any) -> Json:
    vault = copy.deepcopy(vault)
    for name in _CHANGEABLE:
        if properties.get(name) is not None:
            vault["properties"][name] = properties[name]
    if isinstance(tags, dict):
        vault["tags"] = tags
    return vault
