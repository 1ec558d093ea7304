"""Service connections of a run, and the token of a job.

Source: the agent's ``Handler.cs`` (what a task is told of a connection);
learn.microsoft.com, ``library/service-endpoints`` and ``release/configure-workload-identity``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.service_endpoints import SYSTEM, Endpoint
from modelyard.local.runner.task_definition import TaskDefinition


class NoConnection(Exception):
    """There is no service connection of this name, nor can one be made."""


@dataclass(frozen=True)
class JobAccess:
    """What a job may use of Azure DevOps."""

    token: str
    """System.AccessToken."""
    facts: Mapping[str, str]
    """Predefined variables that belong to it."""


class Services(Protocol):
    """Who has service connections: a local cloud, or nobody."""

    def connection(self, name: str, kind: str, project: str) -> Endpoint:
        """
        :param kind: ``AzureRM``, as an input declares it.
        :raises NoConnection: when there is none.
        """
        ...

    def start_job(self, build: Build, plan_id: str, job_id: str) -> JobAccess: ...

    def called_back(self, plan_id: str, job_id: str, task_id: str) -> str:
        """What a service has said of a task that waits for it, ``succeeded``; empty: nothing."""
        ...


class NoServices:
    """No local cloud runs."""

    def connection(self, name: str, kind: str, project: str) -> Endpoint:  # noqa: ARG002
        raise NoConnection(
            f"there is no service connection {name}: no local cloud runs. Start one with "
            "`modelyard local up`, or run with --cloud auto"
        )

    def start_job(self, build: Build, plan_id: str, job_id: str) -> JobAccess:  # noqa: ARG002
        return JobAccess(secrets.token_urlsafe(40), {})

    def called_back(self, plan_id: str, job_id: str, task_id: str) -> str:  # noqa: ARG002
        return ""


def system_connection(build: Build, token: str) -> Endpoint:
    """The job's own connection, which every task gets."""
    return Endpoint(SYSTEM, build.collection, "OAuth", {"AccessToken": token})


def connected(
    definition: TaskDefinition, inputs: dict[str, str], services: Services, project: str
) -> list[Endpoint]:
    """The connections that a step names; its inputs name them by id from now on.

    :raises NoConnection: when there is no such connection.
    """
    found = []
    for one in definition.inputs:
        name = inputs.get(one.name, "").strip()
        if name and one.connection:
            endpoint = services.connection(name, one.connection, project)
            inputs[one.name] = endpoint.id
            found.append(endpoint)
    return found
