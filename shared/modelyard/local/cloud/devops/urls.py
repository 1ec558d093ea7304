"""Where Azure DevOps answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.devops.models import ORGANIZATION, Organization
from modelyard.local.cloud.devops.responses import DevOpsResponses
from modelyard.local.cloud.service import Cloud, Route

HOST = "dev.azure.com"
IDENTITY_TOKEN = (
    f"/{ORGANIZATION}/<project>/_apis/distributedtask/hubs/<hub>/plans/<plan>/jobs/<job>/oidctoken"
)


class DevOpsService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "devops"

    def __init__(self, cloud: Cloud) -> None:
        self.organization = Organization(cloud)

    def routes(self) -> Sequence[Route]:
        answers = DevOpsResponses(self.organization)
        own = (
            ("GET", "/modelyard/devops/service-connections", answers.connections),
            ("POST", "/modelyard/devops/service-connections", answers.connect),
            ("POST", "/modelyard/devops/jobs", answers.start_job),
        )
        return [
            Route(("POST",), HOST, IDENTITY_TOKEN, answers.identity_token),
            *(Route((method,), "127.0.0.1", path, handler) for method, path, handler in own),
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.organization.reset()

    def status(self) -> Mapping[str, Any]:
        return {
            "organization": f"https://{HOST}/{ORGANIZATION}",
            "service_connections": len(self.organization.connections()),
        }
