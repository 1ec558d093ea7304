"""The local cloud as a run uses it: the environment of steps, service connections, job tokens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from modelyard.local.cloud.commands import lifecycle
from modelyard.local.cloud.commands.client import call
from modelyard.local.cloud.commands.execute import environment_of
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.environment import program_environment
from modelyard.local.cloud.running import running
from modelyard.local.runner.engine.connections import (
    JobAccess,
    NoConnection,
    NoServices,
    Services,
)
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.pipeline.plan import CHECKOUT, Plan
from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.service_endpoints import Endpoint

AUTO, NONE = "auto", "none"
_CREDENTIALS = ("AZURE_CLIENT_SECRET", "DATABRICKS_TOKEN")
_RESOURCE_MANAGER = "https://management.azure.com/"


@dataclass(frozen=True)
class Surroundings:
    """What steps run in."""

    environment: dict[str, str]
    services: Services
    secrets: frozenset[str] = frozenset()
    """Values in the environment that no log may show."""


@contextmanager
def surroundings(plan: Plan, tasks: Tasks, cloud: str, state: Path) -> Iterator[Surroundings]:
    """The local cloud that runs, or one for the time of the block if the pipeline needs it.

    :param cloud: AUTO or NONE.
    :param state: the cloud's state folder.
    :raises LocalCloudError: when it can't be started.
    """
    if cloud == NONE or (running(state) is None and not needs_cloud(plan, tasks)):
        yield Surroundings(dict(os.environ), NoServices())
        return
    started = running(state) is None
    try:
        if started:
            sys.stderr.write("Starting a local cloud for this run.\n")
            lifecycle.up_detached(state, None)
        variables = environment_of(state)
        secrets = frozenset(variables[name] for name in _CREDENTIALS if name in variables)
        yield Surroundings(program_environment(variables), LocalServices(state), secrets)
    finally:
        if started:
            lifecycle.down(state)


def needs_cloud(plan: Plan, tasks: Tasks) -> bool:
    """Whether a step speaks to services: it uses one of our tasks, or a service connection."""
    for stage in plan.pipeline.stages:
        for job in stage.jobs:
            for step in job.all_steps():
                task = None if step.task == CHECKOUT else tasks.find(step.task, step.version)
                if task is not None and task.needs_cloud(step.inputs):
                    return True
    return False


@dataclass(frozen=True)
class LocalServices:
    """See :class:`modelyard.local.runner.engine.connections.Services`."""

    state: Path
    _known: dict[str, Endpoint] = field(default_factory=dict)

    def connection(self, name: str, kind: str, project: str) -> Endpoint:
        if kind.lower() != "azurerm":
            raise NoConnection(
                f"the local cloud has no service connections of the type {kind} ({name})"
            )
        for one in tuple(self._known.values()):
            if name.lower() in (one.name.lower(), one.id.lower()):
                return one
        made = call(
            self.state, "POST", "devops/service-connections", {"name": name, "project": project}
        )
        endpoint = Endpoint(
            name,
            _RESOURCE_MANAGER,
            "WorkloadIdentityFederation",
            {"TenantId": made["tenant_id"], "ServicePrincipalId": made["client_id"]},
            made["id"],
            {
                "environment": "AzureCloud",
                "scopeLevel": "Subscription",
                "subscriptionId": SUBSCRIPTION_ID,
                "subscriptionName": "local",
            },
        )
        self._known[name.lower()] = endpoint
        return endpoint

    def start_job(self, build: Build, plan_id: str, job_id: str) -> JobAccess:
        token = call(self.state, "POST", "devops/jobs", {})["access_token"]
        place = f"{ORGANIZATION}/{quote(build.project)}/_apis/distributedtask/hubs/build"
        uri = f"https://dev.azure.com/{place}/plans/{plan_id}/jobs/{job_id}/oidctoken"
        return JobAccess(token, {"System.OidcRequestUri": uri})
