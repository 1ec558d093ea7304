"""Whom an application has to trust, so that a service connection can sign in as it."""

from __future__ import annotations

from modelyard.project import tenant
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.service_connections import KIND, ServiceConnection
from modelyard.project.tenant import Federation


def federation(connection: ServiceConnection, organization: Organization) -> Federation | None:
    """Whom the application has to trust for this connection; the service alone knows it."""
    key = organization.knows(KIND, connection.name)
    if not connection.federated or not key:
        return None
    found = organization.read(
        f"reading the service connection {connection.name}",
        "service_endpoint",
        "get_service_endpoint_details",
        organization.project,
        key,
    )
    given = dict(found.authorization.parameters or {})
    if not given.get("workloadIdentityFederationSubject"):
        return None  # it signs in otherwise: the service tells whom to trust once it is changed
    return Federation(
        federation_name(connection, organization),
        str(given.get("workloadIdentityFederationIssuer", "")),
        str(given.get("workloadIdentityFederationSubject", "")),
        organization.surroundings.cloud.exchange_audience,
        connection.client_id,
    )


def federation_name(connection: ServiceConnection, organization: Organization) -> str:
    """How the application calls its trust in a connection."""
    return tenant.federation_name(organization.project, connection.name)
