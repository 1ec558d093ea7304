"""Where Resource Manager answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.arm import responses
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

HOSTS = ("management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn")
"""One for each Azure cloud; here all of them have the same subscription."""
ONE = "/subscriptions/<subscription_id>"
GROUPS = ("resourceGroups", "resourcegroups")  # clients write both
WORKSPACES = "providers/Microsoft.Databricks/workspaces"


class ArmService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "arm"

    def __init__(self, cloud: Cloud) -> None:
        self._subscription = Subscription(cloud)
        self._tokens = Tokens(cloud)

    def routes(self) -> Sequence[Route]:
        table: list[tuple[str, responses.Answer]] = [
            ("/subscriptions", responses.list_subscriptions),
            (ONE, responses.get_subscription),
            (f"{ONE}/{WORKSPACES}", responses.list_workspaces),
        ]
        for groups in GROUPS:
            group = f"{ONE}/{groups}/<group>"
            table += [
                (f"{ONE}/{groups}", responses.list_groups),
                (group, responses.get_group),
                (f"{group}/{WORKSPACES}", responses.list_workspaces_of_group),
                (f"{group}/{WORKSPACES}/<name>", responses.get_workspace),
            ]
        return [
            Route(("GET",), host, path, responses.reading(answer, self._subscription, self._tokens))
            for host in HOSTS
            for path, answer in table
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        """Nothing can be changed here."""

    def status(self) -> Mapping[str, Any]:
        return {"subscription": SUBSCRIPTION_ID, "resource_group": RESOURCE_GROUP}
