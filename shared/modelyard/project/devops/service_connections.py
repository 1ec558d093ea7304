"""Service connections: to Azure by workload identity federation, to a registry, to GitHub.

Source: Azure DevOps REST reference, "Endpoints", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from modelyard.project import tenant
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.permissions import Users, read_users
from modelyard.project.fields import Section
from modelyard.project.plan import Change, change
from modelyard.project.secret_values import SecretReference, SecretValues
from modelyard.project.tenant import Federation, Tenant

KIND = "service connection"
KEYS = (
    *("name", "type", "description", "tenant-id", "client-id", "subscription-id"),
    *("subscription-name", "registry", "user", "secrets", "pipelines", "all-pipelines"),
)
AZURE, REGISTRY, GITHUB = "azure", "container-registry", "github"
FEDERATED = "WorkloadIdentityFederation"
NEEDS = "the role Creator or Administrator: Project settings, Service connections, Security"
_MANAGER = "https://management.azure.com/"
_SECRET = {REGISTRY: "password", GITHUB: "token"}
"""What the one secret of a connection is called in ``secrets``."""
Json = dict[str, Any]


@dataclass(frozen=True)
class ServiceConnection:
    """One, as the file has it."""

    name: str
    type: str
    description: str
    tenant_id: str
    client_id: str
    """Empty: the application that ``--with-az`` finds or makes."""
    subscription_id: str
    subscription_name: str
    registry: str
    user: str
    secret: SecretReference | None
    users: Users


def read(section: Section, azure: Tenant | None, with_az: bool) -> ServiceConnection:
    """One of the list."""
    kind = section.text("type", AZURE, choices=(AZURE, REGISTRY, GITHUB))
    ids = azure or Tenant("", "", "", "", ())
    secret_name = _SECRET.get(kind)
    secrets = section.secrets("secrets")
    if secret_name and secret_name not in secrets:
        section.wrong("secrets", f"needs {secret_name}: env:NAME or keyvault://VAULT/NAME")
    found = ServiceConnection(
        name=section.text("name", required=True),
        type=kind,
        description=section.text("description"),
        tenant_id=section.text("tenant-id", ids.tenant_id),
        client_id=section.text("client-id", ids.client_id),
        subscription_id=section.text("subscription-id", ids.subscription_id),
        subscription_name=section.text("subscription-name"),
        registry=section.text("registry", required=kind == REGISTRY),
        user=section.text("user", required=kind == REGISTRY),
        secret=secrets.get(secret_name or ""),
        users=read_users(section),
    )
    if kind == AZURE:
        for key, value in (
            ("tenant-id", found.tenant_id),
            ("subscription-id", found.subscription_id),
        ):
            if not value:
                section.wrong(key, f"is missing, here and in azure.{key}")
        if not found.client_id and not (with_az and ids.application):
            section.wrong(
                "client-id",
                "is missing, here and in azure.client-id; with azure.application, --with-az finds "
                "or makes it",
            )
    return found


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
    for connection in wanted:
        found = by_name.get(connection.name.lower())
        yield change(
            KIND,
            connection.name,
            _fields(connection, organization),
            _found_fields(connection, found) if found else None,
            _apply(connection, organization),
            _note(connection, found is not None, organization),
            [connection.secret] if connection.secret else [],
        )


def federation(connection: ServiceConnection, organization: Organization) -> Federation | None:
    """Whom the application has to trust for this connection; the service alone knows it."""
    key = organization.knows(KIND, connection.name)
    if connection.type != AZURE or not key:
        return None
    found = organization.read(
        f"reading the service connection {connection.name}",
        "service_endpoint",
        "get_service_endpoint_details",
        organization.project,
        key,
    )
    given = dict(found.authorization.parameters or {})
    return Federation(
        federation_name(connection, organization),
        str(given.get("workloadIdentityFederationIssuer", "")),
        str(given.get("workloadIdentityFederationSubject", "")),
    )


def federation_name(connection: ServiceConnection, organization: Organization) -> str:
    """How the application calls its trust in a connection."""
    return tenant.federation_name(f"{organization.project}-{connection.name}")


def _client_id(connection: ServiceConnection, organization: Organization) -> str:
    az = organization.surroundings.az
    return connection.client_id or (az.client_id if az else "")


def _note(connection: ServiceConnection, there: bool, organization: Organization) -> str:
    renewed = organization.surroundings.renew_secrets
    if there and connection.secret and not renewed:
        return "its secret can't be compared; --renew-secrets sets it again"
    return ""


def _fields(connection: ServiceConnection, organization: Organization) -> Json:
    fields: Json = {"type": connection.type, "description": connection.description}
    if connection.type == AZURE:
        client = _client_id(connection, organization)
        fields |= {
            "authorization": FEDERATED,
            "tenant": connection.tenant_id,
            "client": client or "(of the new application)",
            "subscription": connection.subscription_id,
        }
    if connection.type == REGISTRY:
        fields |= {"registry": connection.registry, "user": connection.user}
    if connection.secret:
        again = organization.surroundings.renew_secrets
        fields["secret"] = "(set again)" if again else "(set)"
    return fields


def _found_fields(connection: ServiceConnection, found: Any) -> Json:
    parameters = {k.lower(): v for k, v in (found.authorization.parameters or {}).items()}
    data = found.data or {}
    registry = str(parameters.get("registry") or "").removeprefix("https://").rstrip("/")
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
        "secret": "(set)",
    }
    if connection.registry.startswith("https://"):
        fields["registry"] = f"https://{registry}"
    return fields


_TYPES = {AZURE: "azurerm", REGISTRY: "dockerregistry", GITHUB: "github"}


def _apply(connection: ServiceConnection, organization: Organization) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.service_endpoint import models

        body = _body(connection, organization)
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


def _body(connection: ServiceConnection, organization: Organization) -> Json:
    secrets: SecretValues = organization.surroundings.secrets
    if connection.type == AZURE:
        return {
            "url": _MANAGER,
            "scheme": FEDERATED,
            "parameters": {
                "tenantid": connection.tenant_id,
                "serviceprincipalid": _client_id(connection, organization),
            },
            "data": {
                "environment": "AzureCloud",
                "scopeLevel": "Subscription",
                "subscriptionId": connection.subscription_id,
                "subscriptionName": connection.subscription_name or connection.subscription_id,
                "creationMode": "Manual",
            },
        }
    assert connection.secret is not None
    value = secrets.value(connection.secret)
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
