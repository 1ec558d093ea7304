"""A service connection of Azure Pipelines, as the agent hands it to a task."""

from __future__ import annotations

from dataclasses import dataclass, field

FEDERATED = "WorkloadIdentityFederation"
WITH_SECRET = "ServicePrincipal"  # noqa: S105 - the server's word for it


@dataclass(frozen=True)
class ServiceConnection:
    """A connection to Azure Resource Manager: whom it signs in, and how that one proves it."""

    id: str
    """GUID. The name that the YAML gives is resolved by the server."""
    scheme: str
    """:data:`FEDERATED`, :data:`WITH_SECRET`, or another that the server may know."""
    tenant_id: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """With :data:`WITH_SECRET` only."""
    job_token: str = field(default="", repr=False)
    """System.AccessToken. With :data:`FEDERATED` the service gives identity tokens for it."""
