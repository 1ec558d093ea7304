"""A service connection of Azure Pipelines, as the agent hands it to a task."""

from __future__ import annotations

from dataclasses import dataclass, field

FEDERATED = "WorkloadIdentityFederation"
WITH_SECRET = "ServicePrincipal"  # noqa: S105 - the server's word for it
MANAGED_IDENTITY = "ManagedServiceIdentity"


@dataclass(frozen=True)
class ServiceConnection:
    """A connection to Azure Resource Manager: whom it signs in, and how that one proves it."""

    id: str
    """GUID. The name that the YAML gives is resolved by the server."""
    scheme: str
    """:data:`FEDERATED`, :data:`WITH_SECRET` (a certificate counts as one) or
    :data:`MANAGED_IDENTITY`, or another that the server may know."""
    tenant_id: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """With :data:`WITH_SECRET` only."""
    client_certificate: str = field(default="", repr=False)
    """With :data:`WITH_SECRET`, in place of the secret: certificate and private key in PEM."""
    job_token: str = field(default="", repr=False)
    """System.AccessToken. With :data:`FEDERATED` the service gives identity tokens for it."""
    environment: str = ""
    """``AzureCloud`` or the name of a sovereign cloud; empty where the agent doesn't say."""

    def secrets(self) -> tuple[str, ...]:
        """What may not be shown."""
        every = (self.client_secret, self.client_certificate, self.job_token)
        return tuple(secret for secret in every if secret)
