"""Where registries answer: Resource Manager, the discovery of each region, their assets' host."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.registries.models import HOST, Registries
from modelyard.local.cloud.aml.registries.responses import RegistryResponses
from modelyard.local.cloud.aml.responses import AssetResponses, HolderResponses
from modelyard.local.cloud.aml.workspaces import API_HOST
from modelyard.local.cloud.arm.front import Answer, guarded
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.urls import GROUPS, ONE
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

PROVIDER = "providers/Microsoft.MachineLearningServices/registries"
KINDS = "<any(models, environments):kind>"
Table = list[tuple[str, str, Answer]]


class RegistryRoutes:
    """A part of the service of Azure Machine Learning, which gives it what both have."""

    def __init__(
        self,
        cloud: Cloud,
        registries: Registries,
        assets: Assets,
        operations: Operations,
    ) -> None:
        self._cloud = cloud
        self._answers = RegistryResponses(registries, assets)
        self._held = AssetResponses(registries, assets)
        self._resources = HolderResponses(registries, assets, operations)

    def routes(self) -> Sequence[Route]:
        tokens, tenant = Tokens(self._cloud), Subscription(self._cloud).tenant_id
        name = "/registrymanagement/v1.0/registries/<registry>/discovery"
        of_assets = [(HOST, *one) for groups in GROUPS for one in self._assets_of(groups)]
        return [
            Route((method,), host, path, guarded(answer, tokens, tenant))
            for host, method, path, answer in (
                (API_HOST, "GET", name, self._answers.discovery),
                *of_assets,
            )
        ]

    def table(self, group: str) -> Table:
        """Those of Resource Manager in a resource group."""
        return self._resources.table(f"{group}/{PROVIDER}")

    def of_subscription(self) -> Table:
        return [("GET", f"{ONE}/{PROVIDER}", self._resources.list)]

    def _assets_of(self, groups: str) -> Table:
        answers, held = self._answers, self._held
        registry = f"/mferp/managementfrontend{ONE}/{groups}/<group>/{PROVIDER}/<name>"
        asset = f"{registry}/{KINDS}/<asset>"
        version = f"{asset}/versions/<version>"
        files = "<asset>/versions/<version>"
        return [
            ("GET", f"{registry}/{KINDS}", held.containers),
            ("GET", asset, held.container),
            ("GET", f"{asset}/versions", held.versions),
            ("GET", version, held.version),
            ("PUT", version, held.put_version),
            ("PUT", f"{registry}/tempdatarefs/{files}", answers.upload),
            ("POST", f"{registry}/datarefs/{files}", answers.download),
            *((one, f"{registry}/<path:what>", answers.refuse) for one in ("GET", "PUT", "POST")),
        ]
