"""Workspaces: resources that Resource Manager keeps, and what the service derives from them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.aml.holders import Holder, Holders
from modelyard.local.cloud.arm.resources import MACHINE_LEARNING

Json = dict[str, Any]
API_HOST = "*.api.azureml.ms"


@dataclass(frozen=True)
class Workspace(Holder):
    """One workspace."""

    kind = "workspaces"

    @property
    def api(self) -> str:
        """Where its data plane is."""
        return f"https://{self.location}.api.azureml.ms"

    @property
    def tracking(self) -> str:
        """Where MLflow's clients find its runs, when they have a token."""
        return f"{self.api}/mlflow/v1.0{self.id}"


class Workspaces(Holders[Workspace]):
    """All workspaces of the subscription."""

    kind = MACHINE_LEARNING

    def _holder(self, resource: Json) -> Workspace:
        return Workspace(
            id=resource["id"],
            name=resource["name"],
            location=resource["location"],
            guid=str(uuid.uuid5(uuid.NAMESPACE_URL, resource["id"].lower())),
            storage=resource["properties"]["storageAccount"],
        )

    def _shown(self, resource: Json) -> Json:
        workspace = self._holder(resource)
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
