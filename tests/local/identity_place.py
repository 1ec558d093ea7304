"""Jobs of the CI systems in a local cloud, as operations of theirs see them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import requests

from modelyard import operations
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from modelyard.context import Context
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.operations.inputs.workspace_inputs import Workspace, WorkspaceInputs, open_workspace

ME = "/api/2.0/preview/scim/v2/Me"
PROJECT, PIPELINE = "wine", "train"
SUBJECT = "repo:octo/wine:ref:refs/heads/main"


@dataclass
class Place:
    """One local cloud."""

    cloud: LocalCloud
    environment: dict[str, str]

    def own(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """The cloud's own interface."""
        answer = requests.request(
            method,
            f"{self.cloud.url}/modelyard/{path}",
            json=body,
            headers=self.cloud.admin_headers,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def github(self, **job: str) -> GitHubActions:
        """A step of a job that may ask for identity tokens."""
        started = self.own("POST", "github/jobs", {"repository": "octo/wine", **job})
        return GitHubActions({name: started[name] for name in started if name.isupper()})

    def azure(self, connection: str = "", seconds: int = 3600) -> AzurePipelines:
        """A task of a pipeline job, with a service connection of this name."""
        organization = self.cloud.services["devops"].organization  # type: ignore[attr-defined]
        variables = {
            "SYSTEM_OIDCREQUESTURI": f"https://dev.azure.com/{ORGANIZATION}/{PROJECT}/_apis/"
            "distributedtask/hubs/build/plans/1/jobs/2/oidctoken",
            "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": organization.start_job(
                PROJECT, PIPELINE, seconds
            ),
        }
        os.environ["SYSTEM_OIDCREQUESTURI"] = variables["SYSTEM_OIDCREQUESTURI"]
        if connection:
            made = organization.connect(connection, PROJECT)
            prefix = f"ENDPOINT_AUTH_PARAMETER_{made.id}"
            variables |= {
                f"ENDPOINT_AUTH_SCHEME_{made.id}": "WorkloadIdentityFederation",
                f"{prefix}_TENANTID": made.tenant_id,
                f"{prefix}_SERVICEPRINCIPALID": made.client_id,
                "CONNECTION": made.id,
            }
        return AzurePipelines(variables)

    def trust(self, subject: str = SUBJECT, **more: Any) -> None:
        """A federated credential of the application, for jobs of GitHub."""
        issuer = "https://token.actions.githubusercontent.com"
        body = {"issuer": issuer, "subject": subject, **more}
        self.own("POST", "entra/federated-credentials", body)

    def admit(self, application_id: str) -> str:
        """Make a service principal a user of the workspace; its number."""
        answer = requests.post(
            f"{self.environment['DATABRICKS_HOST']}/api/2.0/preview/scim/v2/ServicePrincipals",
            json={"applicationId": application_id},
            headers={"Authorization": f"Bearer {self.environment['DATABRICKS_TOKEN']}"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def open(self, ci: CISystem | None = None, **inputs: Any) -> Workspace:
        """What an operation does first."""
        named = {"workspace_resource_id", "workspace_name"} & set(inputs)
        if not named:
            inputs.setdefault("workspace_url", self.environment["DATABRICKS_HOST"])
        context = Context(
            operations.load("cluster-stop"),
            ci or Terminal({}),
            clock=self.cloud.clock,
            environment=os.environ,
        )
        return open_workspace(WorkspaceInputs(**inputs), context)

    @property
    def ids(self) -> dict[str, str]:
        """Tenant and client of the cloud's application."""
        return {
            "azure_tenant_id": self.environment["AZURE_TENANT_ID"],
            "azure_client_id": self.environment["AZURE_CLIENT_ID"],
        }

    def hosts(self) -> set[str]:
        """Whom requests went to since the log was cleared."""
        return {entry.host.split(":")[0] for entry in self.cloud.requests.entries()}


def who(workspace: Workspace) -> str:
    """Whom the workspace takes the caller for."""
    return str(workspace.session.get(ME)["userName"])
