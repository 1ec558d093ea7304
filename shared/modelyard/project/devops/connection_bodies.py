"""Service connections as the service has them: kind, sign-in, address and data.

Source: Azure DevOps REST reference, "Endpoints", API version 7.1. Registries by federation:
microsoft/terraform-provider-azuredevops at 2e9f3ea9, ``resource_serviceendpoint_azurecr.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.azure.identity.clouds import AzureCloud
from modelyard.project.devops.service_connections import (
    AZURE,
    GENERIC,
    GITHUB,
    REGISTRY,
    ServiceConnection,
)

FEDERATED = "WorkloadIdentityFederation"
BY_PASSWORD = "UsernamePassword"  # noqa: S105 - a scheme
BY_TOKEN = "PersonalAccessToken"  # noqa: S105 - a scheme
TYPES = {AZURE: "azurerm", REGISTRY: "dockerregistry", GITHUB: "github", GENERIC: "generic"}
"""What the service calls the types of the file."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Body:
    """What the file says of one, and what a new one has beside."""

    url: str
    parameters: Json
    """Of the sign-in. A secret that is None keeps its value."""
    data: Json = field(default_factory=dict)
    new_parameters: Json = field(default_factory=dict)
    new_data: Json = field(default_factory=dict)


def scheme(connection: ServiceConnection) -> str:
    """How it signs in."""
    if connection.federated:
        return FEDERATED
    return BY_TOKEN if connection.type == GITHUB else BY_PASSWORD


def body(
    connection: ServiceConnection, client_id: str, secret: str | None, cloud: AzureCloud
) -> Body:
    """What is sent.

    :param client_id: of the application that it signs in as, where it signs in by federation.
    :param secret: its password or token; None where it keeps its own.
    """
    if connection.federated:
        return _federated(connection, client_id, cloud)
    if connection.type == GENERIC:
        return Body(connection.url, {}, new_parameters={"username": "", "password": ""})
    if connection.type == GITHUB:
        return Body("https://github.com", {"accessToken": secret})
    registry = f"https://{connection.registry.removeprefix('https://')}"
    return Body(
        registry,
        {"registry": registry, "username": connection.user, "password": secret},
        new_data={"registrytype": "Others"},
    )


def _federated(connection: ServiceConnection, client_id: str, cloud: AzureCloud) -> Body:
    application = {"tenantid": connection.tenant_id, "serviceprincipalid": client_id}
    named = connection.subscription_name
    data = {
        "subscriptionId": connection.subscription_id,
        **({"subscriptionName": named} if named else {}),
    }
    new = {"subscriptionName": connection.subscription_id, "creationMode": "Manual"}
    if connection.type == AZURE:
        return Body(
            f"{cloud.resource_manager}/",
            application,
            {"environment": cloud.connection_name, **data},
            new_data={"scopeLevel": "Subscription", **new},
        )
    return Body(
        f"https://{connection.registry}",
        {"loginServer": connection.registry, "scope": connection.resource_id, **application},
        {"registryId": connection.resource_id, "registrytype": "ACR", **data},
        new_data=new,
    )


def laid_over(found: Mapping[str, Any], named: Mapping[str, Any]) -> Json:
    """What is there, with what the file names in its place; the service's names have no case."""
    theirs = {name.lower() for name in named}
    return {**{key: one for key, one in found.items() if key.lower() not in theirs}, **named}
