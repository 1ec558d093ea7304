"""Workspaces: resources that Resource Manager keeps, and what the service derives from them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.resources import MACHINE_LEARNING, Resources
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
API_HOST = "*.api.azureml.ms"


@dataclass(frozen=True)
class Workspace:
    """One workspace, as the rest of the service needs it."""

    id: str
    """Its resource id, as it was written when it was created."""
    name: str
    location: str
    guid: str
    storage: str
    """Resource id of its storage account."""

    @property
    def account(self) -> str:
        """Name of its storage account."""
        return self.storage.rsplit("/", 1)[-1].lower()

    @property
    def api(self) -> str:
        """Where its data plane is."""
        return f"https://{self.location}.api.azureml.ms"

    @property
    def tracking(self) -> str:
        """Where MLflow's clients find its runs, when they have a token."""
        return f"{self.api}/mlflow/v1.0{self.id}"


class Workspaces:
    """All workspaces of the subscription."""

    def __init__(self, cloud: Cloud) -> None:
        self._subscription = Subscription(cloud)
        self._resources = Resources(cloud)

    def find(self, subscription: str, group: str, name: str) -> Workspace:
        """Raises ArmError when it isn't there."""
        self._subscription.check(subscription, group)
        return self._workspace(self._resources.get(subscription, group, MACHINE_LEARNING, name))

    def all(self) -> list[Workspace]:
        return [self._workspace(one) for one in self._resources.of_kind(MACHINE_LEARNING)]

    def show(self, subscription: str, group: str, name: str) -> Json:
        """As a client sees it."""
        self._subscription.check(subscription, group)
        return self._shown(self._resources.get(subscription, group, MACHINE_LEARNING, name))

    def within(self, subscription: str, group: str = "") -> list[Json]:
        """Of a resource group, or of the subscription."""
        if group:
            self._subscription.check(subscription, group)
        else:
            self._subscription.check(subscription)
        part = f"/resourcegroups/{group.lower()}/"
        return [
            self._shown(one)
            for one in self._resources.of_kind(MACHINE_LEARNING)
            if not group or part in one["id"].lower()
        ]

    def put(self, subscription: str, group: str, name: str, body: Json) -> bool:
        """Create or update; says whether it is new. Raises ArmError."""
        self._subscription.check(subscription, group)
        return self._resources.put(subscription, group, MACHINE_LEARNING, name, body)

    def update(self, subscription: str, group: str, name: str, changes: Json) -> None:
        """Tags and properties of a PATCH."""
        before = self._resources.get(subscription, group, MACHINE_LEARNING, name)
        properties = {**before["properties"], **(changes.get("properties") or {})}
        body = {**before, **changes, "properties": properties}
        self._resources.put(subscription, group, MACHINE_LEARNING, name, body)

    def delete(self, subscription: str, group: str, name: str) -> bool:
        self._subscription.check(subscription, group)
        return self._resources.delete(subscription, group, MACHINE_LEARNING, name)

    def keys(self, workspace: Workspace) -> list[str]:
        """Those of its storage account. Raises ArmError when that is gone."""
        try:
            return self._resources.keys(workspace.storage)
        except exceptions.ArmError as error:
            raise exceptions.bad_request(
                f"The storage account of the workspace {workspace.name} is gone: {error}"
            ) from error

    def _workspace(self, resource: Json) -> Workspace:
        return Workspace(
            id=resource["id"],
            name=resource["name"],
            location=resource["location"],
            guid=str(uuid.uuid5(uuid.NAMESPACE_URL, resource["id"].lower())),
            storage=resource["properties"]["storageAccount"],
        )

    def _shown(self, resource: Json) -> Json:
        workspace = self._workspace(resource)
        tracking = f"azureml://{workspace.location}.api.azureml.ms/mlflow/v1.0{workspace.id}"
        return {
            "sku": {"name": "Basic", "tier": "Basic"},
            "kind": "Default",
            **resource,
            "identity": {
                "type": "SystemAssigned",
                "principalId": str(uuid.uuid5(uuid.NAMESPACE_OID, workspace.guid)),
                "tenantId": self._subscription.tenant_id,
            },
            "properties": {
                "friendlyName": workspace.name,
                "description": "",
                "hbiWorkspace": False,
                "publicNetworkAccess": "Enabled",
                **{k: v for k, v in resource["properties"].items() if v is not None},
                "workspaceId": workspace.guid,
                "tenantId": self._subscription.tenant_id,
                "discoveryUrl": f"{workspace.api}/discovery",
                "mlFlowTrackingUri": tracking,
            },
        }
