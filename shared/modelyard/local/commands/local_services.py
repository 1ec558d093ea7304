"""The local cloud as a run uses it: the environment of steps, service connections, job tokens."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

from modelyard.errors import Cancelled, ModelyardError
from modelyard.local.cloud.commands import lifecycle
from modelyard.local.cloud.commands.client import call
from modelyard.local.cloud.commands.execute import environment_of
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.environment import program_environment
from modelyard.local.cloud.running import running
from modelyard.local.commands.local_groups import groups_of
from modelyard.local.commands.surroundings import Surroundings, alone
from modelyard.local.runner.engine.connections import (
    JobAccess,
    NoConnection,
)
from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.service_endpoints import Endpoint

_CREDENTIALS = ("AZURE_CLIENT_SECRET", "DATABRICKS_TOKEN", "GH_TOKEN")
STOPPED = (
    "The local cloud of this run is stopped; addresses of it in the logs, such as a run's page, "
    "answer again after `modelyard local up`. The run itself: `modelyard local report --open`.\n"
)
_RESOURCE_MANAGER = "https://management.azure.com/"


@contextmanager
def with_cloud(needed: bool, state: Path, *, groups: bool = False) -> Iterator[Surroundings]:
    """The local cloud that runs, or one for the time of the block if the pipeline needs it.

    :param needed: whether it does.
    :param state: the cloud's state folder.
    :param groups: the pipeline has variable groups that may be there.
    :raises LocalCloudError: when it can't be started.
    """
    started, began = running(state) is None, True
    if started and not groups and not needed:
        yield alone()
        return
    try:
        if started:
            sys.stderr.write("Starting a local cloud for this run.\n")
            lifecycle.up_detached(state, None, attached=True)
        variables = environment_of(state)
        environment, services = program_environment(variables), LocalServices(state)
        found = groups_of(state, services, environment) if groups else {}
        secrets = frozenset(variables[name] for name in _CREDENTIALS if name in variables)
        yield Surroundings(
            environment,
            services,
            secrets,
            found,
            state / "counters.json",
            variables,
            partial(start_workflow_job, state),
        )
    except Cancelled:  # before the run began: no log names the cloud
        began = False
        raise
    finally:
        if started:
            stopped = lifecycle.down(state)
            if stopped is not None and began:
                sys.stderr.write(STOPPED)


def start_workflow_job(state: Path, job: Mapping[str, str]) -> dict[str, str]:
    """Tell GitHub's issuer of a job of a workflow; what the job may ask for tokens with. The
    cloud's application trusts such jobs from now on, as whoever sets up a repository sees to.

    :raises LocalCloudError: when the cloud doesn't answer.
    """
    made: dict[str, str] = call(state, "POST", "github/trusted-jobs", dict(job))
    return made


@dataclass(frozen=True)
class LocalServices:
    """See :class:`modelyard.local.runner.engine.connections.Services`."""

    state: Path
    _known: dict[str, Endpoint] = field(default_factory=dict)

    def connection(self, name: str, kind: str, project: str) -> Endpoint:
        if kind.lower() == "generic":
            return self._generic(name, project)
        if kind.lower() != "azurerm":
            raise NoConnection(
                f"the local cloud has no service connections of the type {kind} ({name})"
            )
        for one in tuple(self._known.values()):
            if name.lower() in (one.name.lower(), one.id.lower()):
                return one
        try:
            wanted = {"name": name, "project": project}
            made = call(self.state, "POST", "devops/service-connections", wanted)
        except ModelyardError as error:
            raise NoConnection(error.what) from None
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

    def _generic(self, name: str, project: str) -> Endpoint:
        """One that somebody has made: nobody else knows its address."""
        wanted = {"name": name, "project": project}
        try:
            made = call(self.state, "POST", "devops/generic-connections", wanted)
        except ModelyardError as error:
            raise NoConnection(error.what) from None
        parameters = {key: str(value or "") for key, value in made["parameters"].items()}
        return Endpoint(name, made["url"], "UsernamePassword", parameters, made["id"])

    def called_back(self, plan_id: str, job_id: str, task_id: str) -> str:
        path = f"devops/events/{plan_id}/{job_id}/{task_id}"
        return str(call(self.state, "GET", path)["result"])

    def start_job(self, build: Build, plan_id: str, job_id: str) -> JobAccess:
        job = {"project": build.project, "pipeline": build.pipeline}
        token = call(self.state, "POST", "devops/jobs", job)["access_token"]
        place = f"{quote(build.project)}/_apis/distributedtask/hubs/build"
        uri = f"{build.collection}{place}/plans/{plan_id}/jobs/{job_id}/oidctoken"
        return JobAccess(token, {"System.OidcRequestUri": uri})
