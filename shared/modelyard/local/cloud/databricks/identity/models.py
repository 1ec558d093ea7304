"""Who is known to the workspace: its owner, and service principals."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, WORKSPACE_NAME
from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER, Principal

COLLECTION = "databricks.service_principals"
OWNER_ID = "1"
FIRST_ID = 100

RESOURCE = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.Databricks/workspaces/{WORKSPACE_NAME}"
)
"""The workspace's id in Resource Manager."""


class Identities:
    """Service principals by application id, and the one user."""

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store

    def is_this_workspace(self, resource_id: str) -> bool:
        """Whether a Resource Manager id names this workspace; without case, as there."""
        return resource_id.strip().rstrip("/").lower() == RESOURCE.lower()

    def knows(self, application_id: str) -> bool:
        return self._store.get(COLLECTION, application_id) is not None

    def add(self, application_id: str, display_name: str | None = None) -> dict[str, Any]:
        """A new service principal; raises RESOURCE_ALREADY_EXISTS when it is there."""
        with self._store.lock:
            if self.knows(application_id):
                raise exceptions.ApiError(
                    409,
                    "RESOURCE_ALREADY_EXISTS",
                    f"Service principal with application ID {application_id} already exists.",
                )
            number = self._store.next_number("databricks.principal", FIRST_ID)
            document = {
                "id": str(number),
                "applicationId": application_id,
                "displayName": display_name or application_id,
                "active": True,
            }
            self._store.put(COLLECTION, application_id, document)
        return document

    def service_principals(self) -> list[dict[str, Any]]:
        return [document for _, document in self._store.items(COLLECTION)]

    def service_principal(self, number: str) -> dict[str, Any]:
        """By SCIM id; raises RESOURCE_DOES_NOT_EXIST."""
        for document in self.service_principals():
            if document["id"] == number:
                return document
        raise exceptions.does_not_exist(f"ServicePrincipal with id {number} not found.")

    def remove(self, number: str) -> None:
        self._store.delete(COLLECTION, self.service_principal(number)["applicationId"])

    def describe(self, principal: Principal) -> dict[str, Any]:
        """``{id, name, display_name}`` of a caller."""
        document = self._store.get(COLLECTION, principal.name)
        if document is not None:
            return {
                "id": document["id"],
                "name": principal.name,
                "display_name": document["displayName"],
            }
        return {"id": OWNER_ID, "name": principal.name, "display_name": principal.name}

    def users(self) -> list[str]:
        return [OWNER]

    def reset(self) -> None:
        self._store.clear(COLLECTION)
