"""Service connections, compared with what is there and written.

Source: Azure DevOps REST reference, "Endpoints", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelyard.project import kept_secrets
from modelyard.project.devops import connection_bodies
from modelyard.project.devops.connection_bodies import TYPES, Body, laid_over
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.service_connections import (
    AZURE,
    GENERIC,
    KIND,
    REGISTRY,
    ServiceConnection,
)
from modelyard.project.plan import Change, change
from modelyard.project.secret_values import SecretReference

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
            _apply(connection, found, needed, organization),
            _note(connection, found) or kept_secrets.note(connection.secrets, kept, renew=renew),
            needed.values(),
        )


def _note(connection: ServiceConnection, found: Any) -> str:
    """What goes with a change. A user and a password are for one server: they aren't sent to
    another one."""
    if not found:
        return ""
    if connection.type == GENERIC and found.url != connection.url:
        return "a user and a password that it has are removed: they were for the other url"
    if connection.federated and found.authorization.scheme != connection_bodies.FEDERATED:
        return "it signs in otherwise from now on: nobody does until the application trusts it"
    return ""


def _client_id(connection: ServiceConnection, organization: Organization) -> str:
    az = organization.surroundings.az
    return connection.client_id or (az.client_id if az else "")


def _kept(connection: ServiceConnection, found: Any) -> frozenset[str]:
    """The secrets that stay. A password is that of one user of one registry: it isn't sent to
    another one, nor taken for what a connection signs in with otherwise."""
    if not found:
        return frozenset()
    there = _found_fields(connection, found)
    same = (there["type"], there["authorization"]) == (
        connection.type,
        connection_bodies.scheme(connection),
    )
    if connection.type == REGISTRY:
        asked = (_bare(connection.registry), connection.user)
        same &= (there["registry"], there["user"]) == asked
    return frozenset(connection.secrets if same else ())


def _fields(connection: ServiceConnection, organization: Organization) -> Json:
    fields: Json = {"type": connection.type, "description": connection.description}
    if connection.type == GENERIC:  # the file says nothing of its sign-in
        return fields | {"url": connection.url}
    fields["authorization"] = connection_bodies.scheme(connection)
    if connection.federated:
        client = _client_id(connection, organization)
        fields |= {
            "tenant": connection.tenant_id,
            "client": client or "(of the new application)",
            "subscription": connection.subscription_id,
        }
        if connection.subscription_name:
            fields["subscription name"] = connection.subscription_name
    if connection.type == AZURE:
        fields["cloud"] = organization.surroundings.cloud.connection_name
    if connection.resource_id:
        fields |= {"registry": connection.registry, "resource": connection.resource_id}
    elif connection.type == REGISTRY:
        fields |= {"registry": _bare(connection.registry), "user": connection.user}
    return fields


def _bare(registry: str) -> str:
    """As it is compared: with or without ``https://`` it is the same one."""
    return registry.removeprefix("https://").rstrip("/")


def _small(identifier: Any) -> str:
    """Azure's ids have no case."""
    return str(identifier or "").lower()


def _found_fields(connection: ServiceConnection, found: Any) -> Json:
    parameters = {k.lower(): v for k, v in (found.authorization.parameters or {}).items()}
    data = found.data or {}
    names = {kind: name for name, kind in TYPES.items()}
    fields: Json = {
        "type": names.get(found.type, found.type),
        "description": found.description or "",
        "authorization": found.authorization.scheme,
        "tenant": _small(parameters.get("tenantid")),
        "client": _small(parameters.get("serviceprincipalid")),
        "subscription": _small(data.get("subscriptionId")),
        "subscription name": data.get("subscriptionName"),
        "cloud": data.get("environment"),
        "registry": _bare(str(parameters.get("registry") or parameters.get("loginserver") or "")),
        "user": parameters.get("username"),
        "resource": (
            connection.resource_id
            if _small(data.get("registryId")) == connection.resource_id.lower()
            else data.get("registryId")
        ),
        "url": found.url,
        **{f"secret {name}": kept_secrets.SET for name in connection.secrets},
    }
    return fields


def _apply(
    connection: ServiceConnection,
    found: Any,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.service_endpoint import models

        secrets = [organization.surroundings.secrets.value(one) for one in needed.values()]
        body = connection_bodies.body(
            connection,
            _client_id(connection, organization),
            secrets[0] if secrets else None,
            organization.surroundings.cloud,
        )
        endpoint = found or models.ServiceEndpoint(owner="library")
        endpoint.authorization = _authorization(connection, found, body)
        alike = found and found.type == TYPES[connection.type]
        endpoint.data = laid_over({**body.new_data, **((alike and found.data) or {})}, body.data)
        endpoint.name, endpoint.type = connection.name, TYPES[connection.type]
        endpoint.url, endpoint.description = body.url, connection.description
        endpoint.service_endpoint_project_references = _projects(connection, found, organization)
        call: tuple[Any, ...] = ("create_service_endpoint", endpoint)
        if found:
            call = ("update_service_endpoint", endpoint, found.id)
        what = f"writing the service connection {connection.name}"
        made = organization.write(what, "service_endpoint", *call, needs=NEEDS)
        organization.remember(KIND, connection.name, made.id)

    return apply


def _authorization(connection: ServiceConnection, found: Any, body: Body) -> Any:
    """How it signs in: what the file says of it over what is there, if that is the same way."""
    from azure.devops.v7_1.service_endpoint import models

    scheme, there = connection_bodies.scheme(connection), body.new_parameters
    if found and found.type == TYPES[connection.type]:
        if connection.type == GENERIC and found.url == body.url:
            return found.authorization
        if found.authorization.scheme == scheme and connection.type != GENERIC:
            there = found.authorization.parameters or {}
    return models.EndpointAuthorization(scheme=scheme, parameters=laid_over(there, body.parameters))


def _projects(connection: ServiceConnection, found: Any, organization: Organization) -> list[Any]:
    """This project first, and the others that the connection is shared with."""
    from azure.devops.v7_1.service_endpoint import models

    own = models.ServiceEndpointProjectReference(
        name=connection.name,
        description=connection.description,
        project_reference=models.ProjectReference(**organization.reference()),
    )
    there = (found.service_endpoint_project_references if found else None) or []
    return [own, *(one for one in there if not _is_own(one, own))]


def _is_own(one: Any, own: Any) -> bool:
    return bool(one.project_reference.id == own.project_reference.id)
