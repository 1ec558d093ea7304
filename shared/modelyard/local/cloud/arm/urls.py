"""Where Resource Manager answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.arm.deployments import Deployments
from modelyard.local.cloud.arm.front import HOSTS, Answer, guarded
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.resources import Resources
from modelyard.local.cloud.arm.responses import DeploymentResponses, Groups, ResourceResponses
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

ONE = "/subscriptions/<subscription>"
GROUPS = ("resourceGroups", "resourcegroups")  # clients write both
WORKSPACES = "providers/Microsoft.Databricks/workspaces"


class ArmService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "arm"

    def __init__(self, cloud: Cloud) -> None:
        self._subscription = Subscription(cloud)
        self._resources = Resources(cloud)
        self._deployments = Deployments(cloud, self._subscription, self._resources)
        self._tokens = Tokens(cloud)

    def routes(self) -> Sequence[Route]:
        table = [("GET", *one) for one in self._of_subscription()]
        for groups in GROUPS:
            group = f"{ONE}/{groups}/<group>"
            table += self._of_group(group)
        tenant = self._subscription.tenant_id
        return [
            Route((method,), host, path, guarded(answer, self._tokens, tenant))
            for host in HOSTS
            for method, path, answer in table
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        for part in (self._deployments, self._resources, self._subscription):
            part.reset()

    def status(self) -> Mapping[str, Any]:
        return {"subscription": SUBSCRIPTION_ID, "resource_group": RESOURCE_GROUP}

    def _of_subscription(self) -> list[tuple[str, Answer]]:
        answers = Groups(self._subscription)
        return [
            ("/subscriptions", answers.subscriptions),
            (ONE, answers.subscription),
            (f"{ONE}/providers/<namespace>", answers.provider),
            (f"{ONE}/{WORKSPACES}", answers.workspaces),
            *((f"{ONE}/{groups}", answers.list) for groups in GROUPS),
        ]

    def _of_group(self, group: str) -> list[tuple[str, str, Answer]]:
        groups = Groups(self._subscription)
        resources = ResourceResponses(self._subscription, self._resources)
        deployments = DeploymentResponses(self._subscription, self._deployments)
        resource = f"{group}/providers/<namespace>/<type>/<name>"
        deployment = f"{group}/providers/Microsoft.Resources/deployments/<name>"
        return [
            ("HEAD", group, groups.exists),
            ("GET", group, groups.get),
            ("PUT", group, groups.put),
            ("GET", f"{group}/{WORKSPACES}", groups.workspaces),
            ("GET", f"{group}/{WORKSPACES}/<name>", groups.workspace),
            ("GET", f"{group}/resources", resources.list),
            ("GET", resource, resources.get),
            ("PUT", resource, resources.put),
            ("DELETE", resource, resources.delete),
            ("POST", f"{resource}/listKeys", resources.keys),
            ("PUT", deployment, deployments.put),
            ("GET", deployment, deployments.get),
            ("GET", f"{deployment}/operationStatuses/<number>", deployments.status),
            ("GET", f"{deployment}/operations", deployments.operations),
            # azureml-core and azure-ai-ml ask without the provider.
            ("GET", f"{group}/deployments/<name>/operations", deployments.operations),
        ]
