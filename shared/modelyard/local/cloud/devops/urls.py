"""Where Azure DevOps answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.local.cloud.devops.group_responses import GroupResponses
from modelyard.local.cloud.devops.models import ORGANIZATION, Organization
from modelyard.local.cloud.devops.responses import DevOpsResponses
from modelyard.local.cloud.devops.variable_groups import VariableGroups
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

HOST = "dev.azure.com"
ISSUER = "vstoken.dev.azure.com"
IDENTITY_TOKEN = (
    f"/{ORGANIZATION}/<project>/_apis/distributedtask/hubs/<hub>/plans/<plan>/jobs/<job>/oidctoken"
)


class DevOpsService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "devops"

    def __init__(self, cloud: Cloud) -> None:
        self.organization = Organization(cloud)
        self.groups = VariableGroups(cloud, self.organization)
        self._tokens = Tokens(cloud)

    def routes(self) -> Sequence[Route]:
        answers = DevOpsResponses(self.organization)
        own = (
            ("GET", "/modelyard/devops/service-connections", answers.connections),
            ("POST", "/modelyard/devops/service-connections", answers.connect),
            ("POST", "/modelyard/devops/jobs", answers.start_job),
        )
        return [
            Route(("POST",), HOST, IDENTITY_TOKEN, answers.identity_token),
            Route(
                ("GET",),
                ISSUER,
                "/<organization>/.well-known/openid-configuration",
                answers.openid_configuration,
            ),
            Route(("GET",), ISSUER, "/<organization>/.well-known/jwks", answers.keys),
            *self._variable_groups(),
            *(Route((method,), "127.0.0.1", path, handler) for method, path, handler in own),
        ]

    def _variable_groups(self) -> Iterator[Route]:
        answers = GroupResponses(self.organization, self.groups, self._tokens)
        several = "_apis/distributedtask/variablegroups"
        of_all, of_project = f"/{ORGANIZATION}/{several}", f"/{ORGANIZATION}/<project>/{several}"
        for method, path, answer in (
            ("OPTIONS", f"/{ORGANIZATION}/_apis", answers.locations),
            ("GET", f"/{ORGANIZATION}/_apis/ResourceAreas", answers.areas),
            ("POST", of_all, answers.add),
            ("PUT", f"{of_all}/<int:group>", answers.update),
            ("DELETE", f"{of_all}/<int:group>", answers.delete),
            ("GET", of_project, answers.list),
            ("GET", f"{of_project}/<int:group>", answers.get),
        ):
            yield Route((method,), HOST, path, answers.handler(answer))
        own = "/modelyard/devops/variable-groups"
        yield Route(("GET",), "127.0.0.1", own, answers.values)
        yield Route(("PUT",), "127.0.0.1", own, answers.link)

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.organization.reset()
        self.groups.reset()

    def status(self) -> Mapping[str, Any]:
        return {
            "organization": f"https://{HOST}/{ORGANIZATION}",
            "service_connections": len(self.organization.connections()),
            "variable_groups": self.groups.count(),
        }
