"""The one subscription of a local cloud, its resource groups and its Databricks workspace. Names
compare without case, as in Resource Manager."""

from __future__ import annotations

import re
from typing import Any

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.credentials import (
    RESOURCE_GROUP,
    SUBSCRIPTION_ID,
    WORKSPACE_ID,
    WORKSPACE_NAME,
    load_or_create,
)
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

LOCATION = "westeurope"
WORKSPACES = "Microsoft.Databricks/workspaces"
GROUPS = "arm-groups"
_GROUP_NAME = re.compile(r"[\w().-]{0,89}[\w()-]")


class Subscription:
    """One resource group is there from the start; more can be created."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._credentials = load_or_create(cloud.folder)

    @property
    def tenant_id(self) -> str:
        return self._credentials.tenant_id

    def check(self, subscription: str, group: str = RESOURCE_GROUP) -> None:
        """Raises ArmError when one of them isn't there."""
        if subscription.lower() != SUBSCRIPTION_ID:
            raise exceptions.subscription_not_found(subscription)
        self.group(group)

    def describe(self) -> dict[str, Any]:
        return {
            "id": f"/subscriptions/{SUBSCRIPTION_ID}",
            "subscriptionId": SUBSCRIPTION_ID,
            "tenantId": self.tenant_id,
            "displayName": "modelyard local cloud",
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }

    def groups(self) -> list[dict[str, Any]]:
        """All resource groups."""
        names = [document["name"] for _, document in self._cloud.store.items(GROUPS)]
        return [self.group(name) for name in (RESOURCE_GROUP, *names)]

    def group(self, name: str = RESOURCE_GROUP) -> dict[str, Any]:
        """A resource group; raises ArmError when it isn't there."""
        first = {"name": RESOURCE_GROUP, "location": LOCATION, "tags": {}}
        is_first = name.lower() == RESOURCE_GROUP
        document = first if is_first else self._cloud.store.get(GROUPS, name.lower())
        if document is None:
            raise exceptions.group_not_found(name)
        return {
            "id": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{document['name']}",
            "type": "Microsoft.Resources/resourceGroups",
            **document,
            "properties": {"provisioningState": "Succeeded"},
        }

    def put_group(self, name: str, body: dict[str, Any]) -> bool:
        """Create or update; says whether it is new. Raises ArmError."""
        if not _GROUP_NAME.fullmatch(name):
            raise exceptions.bad_request(
                f"The provided resource group name '{name}' has these invalid characters or is "
                "too long.",
                "InvalidResourceGroup",
            )
        if not isinstance(body.get("location"), str):
            raise exceptions.location_required()
        location = body["location"].lower().replace(" ", "")
        with self._cloud.store.lock:
            known = {one["name"].lower(): one for one in self.groups()}
            before = known.get(name.lower())
            if before and before["location"] != location:
                raise exceptions.group_moves(name, before["location"])
            if name.lower() != RESOURCE_GROUP:
                kept = before["name"] if before else name
                document = {"name": kept, "location": location, "tags": body.get("tags") or {}}
                self._cloud.store.put(GROUPS, name.lower(), document)
        return before is None

    def reset(self) -> None:
        self._cloud.store.clear(GROUPS)

    def workspace(self, name: str = WORKSPACE_NAME, group: str = RESOURCE_GROUP) -> dict[str, Any]:
        """The Databricks workspace; raises ArmError when it has another name or group."""
        if (name.lower(), group.lower()) != (WORKSPACE_NAME, RESOURCE_GROUP):
            raise exceptions.resource_not_found(WORKSPACES, name, group)
        made = (self._cloud.folder / "credentials.json").stat().st_mtime
        author = {
            "oid": self._credentials.object_id,
            "applicationId": self._credentials.client_id,
        }
        return {
            "id": f"{self.group()['id']}/providers/{WORKSPACES}/{WORKSPACE_NAME}",
            "name": WORKSPACE_NAME,
            "type": WORKSPACES,
            "location": LOCATION,
            "tags": {},
            "sku": {"name": "premium"},
            "properties": {
                "provisioningState": "Succeeded",
                "workspaceId": WORKSPACE_ID,
                "workspaceUrl": self._cloud.workspace_host,
                "managedResourceGroupId": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups"
                f"/databricks-rg-{WORKSPACE_NAME}",
                "authorizations": [],
                "parameters": {},
                "createdBy": author,
                "createdDateTime": stamp(made, "auto"),
            },
        }
