"""Registries: found by their name alone, whichever resource group they are in.

Source: azure-ai-ml 1.35 (``_utils/_registry_utils.py``) and the REST reference of
``Microsoft.MachineLearningServices/registries``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.aml.holders import Holder, Holders
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.resources import REGISTRY, STORAGE, resource_id
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID

Json = dict[str, Any]
HOST = "cert-*.experiments.azureml.net"
"""Where a registry's assets are: a name for each region."""


@dataclass(frozen=True)
class Registry(Holder):
    """One registry."""

    kind = "registries"

    @property
    def address(self) -> str:
        return f"azureml://registries/{self.name}"

    @property
    def provider(self) -> str:
        """Where its assets are, with a slash at the end as clients expect it."""
        return f"https://cert-{self.location}.experiments.azureml.net/"


class Registries(Holders[Registry]):
    """All registries of the subscription."""

    kind = REGISTRY

    def named(self, name: str) -> Registry:
        """Raises ArmError when there is none of that name."""
        for one in self.all():
            if one.name.lower() == name.lower():
                return one
        raise exceptions.ArmError(404, "UserError", f"The registry {name} was not found.")

    def put(self, subscription: str, group: str, name: str, body: Json) -> bool:
        """As for all; a name is given once. Raises ArmError."""
        address = resource_id(subscription, group, self.kind, name)
        for one in self.all():
            if one.name.lower() == name.lower() and one.id.lower() != address.lower():
                raise exceptions.conflict(
                    f"The name {name} is taken by the registry {one.id}. Choose another one."
                )
        return super().put(subscription, group, name, body)

    def delete(self, subscription: str, group: str, name: str) -> bool:
        """With its storage account. Raises ArmError."""
        registry = self.find(subscription, group, name)
        self._resources.delete(SUBSCRIPTION_ID, *_storage(registry.name, registry.guid))
        return super().delete(subscription, group, name)

    def keys(self, holder: Holder) -> list[str]:
        """As for all. The account is made here: a template makes a registry without asking us."""
        if self._resources.find(holder.storage) is None:
            where = _storage(holder.name, holder.guid)
            self._resources.put(SUBSCRIPTION_ID, *where, {"location": holder.location})
        return super().keys(holder)

    def discovery(self, name: str) -> Json:
        """What a client that knows a registry's name alone is told. Raises ArmError."""
        registry = self.named(name)
        return {
            "registryName": registry.name,
            "tenantId": self._subscription.tenant_id,
            "primaryRegion": registry.location,
            "regions": [registry.location],
            "subscriptionId": SUBSCRIPTION_ID,
            "resourceGroup": registry.id.split("/")[4],
            "primaryRegionResourceProviderUri": registry.provider,
        }

    def _holder(self, resource: Json) -> Registry:
        guid = str(uuid.uuid5(uuid.NAMESPACE_URL, resource["id"].lower()))
        return Registry(
            id=resource["id"],
            name=resource["name"],
            location=resource["location"],
            guid=guid,
            storage=resource_id(SUBSCRIPTION_ID, *_storage(resource["name"], guid)),
        )

    def _shown(self, resource: Json) -> Json:
        registry = self._holder(resource)
        return {
            **resource,
            "identity": {
                "type": "SystemAssigned",
                "principalId": str(uuid.uuid5(uuid.NAMESPACE_OID, registry.guid)),
                "tenantId": self._subscription.tenant_id,
            },
            "properties": {
                "publicNetworkAccess": "Enabled",
                **{k: v for k, v in resource["properties"].items() if v is not None},
                "discoveryUrl": f"https://{registry.location}.api.azureml.ms"
                f"/registrymanagement/v1.0/registries/{registry.name}/discovery",
                "managedResourceGroup": {
                    "resourceId": registry.storage.partition("/providers/")[0]
                },
            },
        }


def _storage(name: str, guid: str) -> tuple[str, str, str]:
    """Resource group, kind and name of a registry's storage account."""
    return f"azureml-rg-{name}_{guid}", STORAGE, guid.replace("-", "")[:24]
