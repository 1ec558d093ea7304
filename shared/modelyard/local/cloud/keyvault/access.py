"""Who may do what with a vault's secrets: Azure roles, or the vault's own access policies.

Source: learn.microsoft.com, "Azure built-in roles for Key Vault data plane operations"; Key Vault
REST reference, ``SecretPermissions``; Authorization REST reference, "Role assignments".
"""

from __future__ import annotations

import fnmatch
import uuid
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, load_or_create
from modelyard.local.cloud.keyvault import exceptions
from modelyard.local.cloud.service import Cloud

COLLECTION = "keyvault.role_assignments"
ROLES = {
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ("Key Vault Administrator", ("*",)),
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": ("Key Vault Secrets Officer", ("*",)),
    "4633458b-17de-408a-b874-0445c86b69e6": (
        "Key Vault Secrets User",
        ("getSecret/action", "readMetadata/action"),
    ),
    "21090545-7ca7-4776-b22c-e363652d74d2": ("Key Vault Reader", ("readMetadata/action",)),
}
"""Name and data actions below ``Microsoft.KeyVault/vaults/secrets/``, by the definition's id."""
OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
USER = "4633458b-17de-408a-b874-0445c86b69e6"
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
DATABRICKS_OBJECT = str(uuid.uuid5(uuid.NAMESPACE_URL, "AzureDatabricks"))
"""Object id of Azure Databricks' own application in the tenant: a scope that a vault backs is read
by it, whoever asks for the secret."""
_ACTIONS = {
    "get": "getSecret/action",
    "list": "readMetadata/action",
    "set": "setSecret/action",
    "delete": "delete",
    "recover": "recover/action",
    "purge": "purge/action",
}
"""The data action of each permission that an access policy knows."""


@dataclass(frozen=True)
class Caller:
    """Who asks a vault for something."""

    client_id: str
    object_id: str
    tenant_id: str

    def __str__(self) -> str:
        issuer = f"https://sts.windows.net/{self.tenant_id}/"
        return f"appid={self.client_id};oid={self.object_id};iss={issuer}"


class Access:
    """Role assignments, and the judgement over a call."""

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._credentials = load_or_create(cloud.folder)

    @property
    def databricks(self) -> Caller:
        """Azure Databricks' own application."""
        return Caller("AzureDatabricks", DATABRICKS_OBJECT, self._credentials.tenant_id)

    def begin(self) -> None:
        """The assignments of a new cloud: its service principal keeps secrets, Databricks reads
        them."""
        for object_id, role in ((self._credentials.object_id, OFFICER), (DATABRICKS_OBJECT, USER)):
            definition = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{_DEFINITIONS}/{role}"
            name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{GROUP} {object_id}"))
            self.assign(GROUP, name, object_id, definition)

    def check(self, caller: Caller, permission: str, vault: dict[str, Any], secret: str) -> None:
        """Raises VaultError unless the caller may do this.

        :param permission: get, list, set, delete, recover or purge.
        :param secret: its name; empty where the call is for all of them.
        """
        properties, place = vault["properties"], f"{vault['name']};location={vault['location']}"
        if not properties["enableRbacAuthorization"]:
            if not _has_policy(properties["accessPolicies"], caller, permission):
                raise exceptions.refused_by_policy(str(caller), permission, place)
            return
        resource = f"{vault['id']}/secrets/{secret}" if secret else vault["id"]
        if not self._has_role(caller, _ACTIONS[permission], resource):
            raise exceptions.refused_by_role(
                str(caller), f"{_SECRETS}/{_ACTIONS[permission]}", resource.lower(), place
            )

    def assign(self, scope: str, name: str, principal: str, definition: str) -> dict[str, Any]:
        """A role assignment; raises ArmError when the same is there under another name."""
        role = definition.rpartition("/")[2].lower()
        if role not in ROLES:
            raise ArmError(
                404,
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{role}' does not exist.",
            )
        wanted = (scope.lower(), principal, role)
        for key, one in self._store.items(COLLECTION):
            there = one["properties"]
            if _identity(there) == wanted and key != name:
                raise ArmError(
                    409, "RoleAssignmentExists", "The role assignment already exists. "
                    f"The ID of the existing role assignment is {key.replace('-', '')}."
                )  # fmt: skip
        assignment = {
            "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
            "name": name,
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "scope": scope,
                "roleDefinitionId": definition,
                "principalId": principal,
                "principalType": "ServicePrincipal",
            },
        }
        self._store.put(COLLECTION, name, assignment)
        return assignment

    def assignments(self, scope: str) -> list[dict[str, Any]]:
        """Those that hold at a scope: its own and those of what it is in."""
        found = [one for _, one in self._store.items(COLLECTION)]
        return [one for one in found if _within(scope, one["properties"]["scope"])]

    def revoke(self, name: str) -> dict[str, Any] | None:
        """Take an assignment away; what it was, or None."""
        with self._store.lock:
            found = self._store.get(COLLECTION, name)
            self._store.delete(COLLECTION, name)
        return found

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _has_role(self, caller: Caller, action: str, resource: str) -> bool:
        for one in self.assignments(resource):
            properties = one["properties"]
            role = properties["roleDefinitionId"].rpartition("/")[2].lower()
            fits = any(fnmatch.fnmatchcase(action, pattern) for pattern in ROLES[role][1])
            if properties["principalId"] == caller.object_id and fits:
                return True
        return False


_SECRETS = "Microsoft.KeyVault/vaults/secrets"
_DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


def _identity(properties: dict[str, Any]) -> tuple[str, str, str]:
    role = str(properties["roleDefinitionId"]).rpartition("/")[2].lower()
    return str(properties["scope"]).lower(), str(properties["principalId"]), role


def _within(resource: str, scope: str) -> bool:
    return f"{resource.lower()}/".startswith(f"{scope.lower().rstrip('/')}/")


def _has_policy(policies: list[dict[str, Any]], caller: Caller, permission: str) -> bool:
    for policy in policies:
        given = [str(one).lower() for one in policy.get("permissions", {}).get("secrets") or ()]
        if policy.get("objectId") == caller.object_id and (permission in given or "all" in given):
            return True
    return False
