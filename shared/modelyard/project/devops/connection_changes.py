"""Service connections, compared with what is there and written.

Source: Azure DevOps REST reference, "Endpoints", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelyard.project import kept_secrets
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.service_connections import (
    AZURE,
    GENERIC,
    GITHUB,
    KIND,
    REGISTRY,
    ServiceConnection,
)
from modelyard.project.plan import Change, change
from modelyard.project.secret_values import SecretReference

FEDERATED = "WorkloadIdentityFederation"
NEEDS = "the role Creator or Administrator: Project settings, Service connections, Security"
Json = dict[str, Any]


def changes(wanted: list[ServiceConnection], organization: Organization) -> Iterator[Change]:
    """What becomes of each."""
    there = organization.read(
        "listing the service connections",
        "service_endpoint",
        "get_service_endpoints",
        organization.project,
        include_failed=True,
        include_details=True,
    )
    by_name = {str(one.name).lower(): one for one in there}
    for one in by_name.values():
        organization.remember(KIND, str(one.name), one.id)
    renew = organization.surroundings.renew_secrets
    for asked in wanted:
        found = by_name.get(asked.name.lower())
        connection = asked
        if asked.description is None:
            there_now = str(found.description or "") if found else ""
            connection = replace(asked, description=there_now)
        kept = _kept(connection, found)
        needed = kept_secrets.needed(connection.secrets, kept, renew=renew)
        yield change(
            KIND,
            connection.name,
            {
                **_fields(connection, organization),
                **kept_secrets.shown(connection.secrets, kept, renew=renew),
            },
            _found_fields(connection, found) if found else None,
            _apply(connection, needed, organization),
            kept_secrets.note(connection.secrets, kept, renew=renew),
            needed.values(),
        )


def _client_id(connection: ServiceConnection, organization: Organization) -> str:
    az = organization.surroundings.az
    return connection.client_id or (az.client_id if az else "")


def _kept(connection: ServiceConnection, found: Any) -> frozenset[str]:
    """The secrets that stay. A password is that of one user of one registry: it isn't sent to
    another one."""
    if not found:
        return frozenset()
    there = _found_fields(connection, found)
    same = there["type"] == connection.type
    if connection.type == REGISTRY:
        same &= (there["registry"], there["user"]) == (connection.registry, connection.user)
    return frozenset(connection.secrets if same else ())


def _fields(connection: ServiceConnection, organization: Organization) -> Json:
    fields: Json = {"type": connection.type, "description": connection.description}
    if connection.federated:
        client = _client_id(connection, organization)
        fields |= {
            "authorization": FEDERATED,
            "tenant": connection.tenant_id,
            "client": client or "(of the new application)",
            "subscription": connection.subscription_id,
        }
    if connection.resource_id:
        fields |= {"registry": connection.registry, "resource": connection.resource_id}
    elif connection.type == REGISTRY:
        fields |= {"registry": connection.registry, "user": connection.user}
    elif connection.type == GENERIC:
        fields |= {"url": connection.url}
    return fields


def _found_fields(connection: ServiceConnection, found: Any) -> Json:
    parameters = {k.lower(): v for k, v in (found.authorization.parameters or {}).items()}
    data = found.data or {}
    registry = (
        str(parameters.get("registry") or parameters.get("loginserver") or "")
        .removeprefix("https://")
        .rstrip("/")
    )
    names = {kind: name for name, kind in _TYPES.items()}
    fields: Json = {
        "type": names.get(found.type, found.type),
        "description": found.description or "",
        "authorization": found.authorization.scheme,
        "tenant": parameters.get("tenantid"),
        "client": parameters.get("serviceprincipalid"),
        "subscription": data.get("subscriptionId"),
        "registry": registry,
        "user": parameters.get("username"),
        "resource": data.get("registryId"),
        "url": found.url,
        **{f"secret {name}": kept_secrets.SET for name in connection.secrets},
    }
    if connection.registry.startswith("https://"):
        fields["registry"] = f"https://{registry}"
    return fields


_TYPES = {
    AZURE: "azurerm",
    REGISTRY: "dockerregistry",
    GITHUB: "github",
    GENERIC: "generic",
}


def _apply(
    connection: ServiceConnection,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.service_endpoint import models

        body = _body(connection, needed, organization)
        endpoint = models.ServiceEndpoint(
            name=connection.name,
            type=_TYPES[connection.type],
            url=body["url"],
            description=connection.description,
            data=body["data"],
            owner="library",
            authorization=models.EndpointAuthorization(
                scheme=body["scheme"], parameters=body["parameters"]
            ),
            service_endpoint_project_references=[
                models.ServiceEndpointProjectReference(
                    name=connection.name,
                    description=connection.description,
                    project_reference=models.ProjectReference(**organization.reference()),
                )
            ],
        )
        known = organization.knows(KIND, connection.name)
        what = f"writing the service connection {connection.name}"
        if known:
            endpoint.id = known
            arguments: tuple[Any, ...] = ("update_service_endpoint", endpoint, known)
        else:
            arguments = ("create_service_endpoint", endpoint)
        made = organization.write(what, "service_endpoint", *arguments, needs=NEEDS)
        organization.remember(KIND, connection.name, made.id)

    return apply


def _body(
    connection: ServiceConnection,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> Json:
    cloud = organization.surroundings.cloud
    if connection.type == AZURE:
        return {
            "url": f"{cloud.resource_manager}/",
            "scheme": FEDERATED,
            "parameters": {
                "tenantid": connection.tenant_id,
                "serviceprincipalid": _client_id(connection, organization),
            },
            "data": {
                "environment": cloud.connection_name,
                "scopeLevel": "Subscription",
                "subscriptionId": connection.subscription_id,
                "subscriptionName": connection.subscription_name or connection.subscription_id,
                "creationMode": "Manual",
            },
        }
    if connection.resource_id:
        return _registry_by_federation(connection, organization)
    if connection.type == GENERIC:
        return {
            "url": connection.url,
            "scheme": "UsernamePassword",
            "parameters": {"username": "", "password": ""},
            "data": {},
        }
    # A secret without a value keeps its own.
    (name,) = connection.secrets
    value = organization.surroundings.secrets.value(needed[name]) if name in needed else None
    if connection.type == GITHUB:
        return {
            "url": "https://github.com",
            "scheme": "PersonalAccessToken",
            "parameters": {"accessToken": value},
            "data": {},
        }
    registry = f"https://{connection.registry.removeprefix('https://')}"
    return {
        "url": registry,
        "scheme": "UsernamePassword",
        "parameters": {"registry": registry, "username": connection.user, "password": value},
        "data": {"registrytype": "Others"},
    }


def _registry_by_federation(connection: ServiceConnection, organization: Organization) -> Json:
    """An Azure container registry, whose token comes by the application's own federation.

    Source: microsoft/terraform-provider-azuredevops at 2e9f3ea9,
    ``resource_serviceendpoint_azurecr.go``.
    """
    return {
        "url": f"https://{connection.registry}",
        "scheme": FEDERATED,
        "parameters": {
            "loginServer": connection.registry,
            "scope": connection.resource_id,
            "tenantid": connection.tenant_id,
            "serviceprincipalid": _client_id(connection, organization),
        },
        "data": {
            "registryId": connection.resource_id,
            "registrytype": "ACR",
            "subscriptionId": connection.subscription_id,
            "subscriptionName": connection.subscription_name or connection.subscription_id,
            "creationMode": "Manual",
        },
    }
