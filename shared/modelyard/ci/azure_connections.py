"""The service connections in the environment of an Azure Pipelines task.

Source: the agent's ``Handler.AddEndpointsToEnvironment``: a connection that an input of the type
``connectedService:...`` names arrives as ``ENDPOINT_..._<its GUID>``. A script step gets none.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.errors import InputError
from modelyard.service_connection import (
    FEDERATED,
    MANAGED_IDENTITY,
    WITH_SECRET,
    ServiceConnection,
)

_SYSTEM = "SYSTEMVSSCONNECTION"
"""The job's own connection to Azure DevOps."""


def read(environment: Mapping[str, str], id: str) -> ServiceConnection:
    """The connection of this id.

    :raises InputError: when the agent gave none, or one that can't be used here.
    """
    scheme = environment.get(f"ENDPOINT_AUTH_SCHEME_{id}", "")
    if not scheme:
        raise InputError(
            f"the agent gave this step no service connection {id}",
            cause="the pipeline may not use it, it was deleted, or this is a script step",
            fix="authorise the pipeline in the connection's settings (Security), and name the "
            "connection itself: a runtime variable can't stand there",
        )
    connection = ServiceConnection(
        id=id,
        scheme=scheme,
        tenant_id=_parameter(environment, id, "TENANTID"),
        client_id=_parameter(environment, id, "SERVICEPRINCIPALID"),
        client_secret=_parameter(environment, id, "SERVICEPRINCIPALKEY"),
        client_certificate=_parameter(environment, id, "SERVICEPRINCIPALCERTIFICATE"),
        job_token=_parameter(environment, _SYSTEM, "ACCESSTOKEN"),
        environment=environment.get(f"ENDPOINT_DATA_{id}_ENVIRONMENT", ""),
    )
    _check(connection, environment)
    return connection


def _check(connection: ServiceConnection, environment: Mapping[str, str]) -> None:
    if connection.scheme == MANAGED_IDENTITY:
        return  # the machine's own, which needs nothing of the connection
    if connection.scheme not in (FEDERATED, WITH_SECRET):
        raise InputError(
            f"the service connection {connection.id} signs in by {connection.scheme}, which this "
            "task can't use",
            fix="convert it to workload identity federation in its settings",
        )
    needed = {"tenant": connection.tenant_id, "service principal": connection.client_id}
    if connection.scheme == WITH_SECRET:
        needed["secret or certificate"] = connection.client_secret or connection.client_certificate
    else:
        needed["System.AccessToken"] = connection.job_token
        needed["System.OidcRequestUri"] = environment.get("SYSTEM_OIDCREQUESTURI", "")
    if missing := ", no ".join(name for name, value in needed.items() if not value):
        raise InputError(
            f"with the service connection {connection.id} the agent gave no {missing}",
            fix="use workload identity federation, and an agent of version 3 or newer",
        )


def _parameter(environment: Mapping[str, str], id: str, name: str) -> str:
    return environment.get(f"ENDPOINT_AUTH_PARAMETER_{id}_{name}", "")
