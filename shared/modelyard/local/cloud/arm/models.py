"""The one subscription of a local cloud and what is in it. Names compare without case, as in
Resource Manager."""

from __future__ import annotations

import datetime
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

LOCATION = "westeurope"
WORKSPACES = "Microsoft.Databricks/workspaces"


class Subscription:
    """Reads only: nothing can be created here yet."""

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
        if group.lower() != RESOURCE_GROUP:
            raise exceptions.group_not_found(group)

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

    def group(self) -> dict[str, Any]:
        return {
            "id": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}",
            "name": RESOURCE_GROUP,
            "type": "Microsoft.Resources/resourceGroups",
            "location": LOCATION,
            "properties": {"provisioningState": "Succeeded"},
        }

    def workspace(self, name: str = WORKSPACE_NAME) -> dict[str, Any]:
        """The Databricks workspace; raises ArmError when it has another name."""
        if name.lower() != WORKSPACE_NAME:
            raise exceptions.resource_not_found(WORKSPACES, name, RESOURCE_GROUP)
        made = datetime.datetime.fromtimestamp(
            (self._cloud.folder / "credentials.json").stat().st_mtime, datetime.timezone.utc
        )
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
                "createdDateTime": made.isoformat().replace("+00:00", "Z"),
            },
        }
