"""Tokens of Microsoft Entra, as credentials of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelyard.clock import Clock
from modelyard.credentials import RefreshingToken, Token
from modelyard.errors import InputError, Unauthenticated, Unreachable
from modelyard.masking import redact
from modelyard.service_connection import FEDERATED, ServiceConnection

if TYPE_CHECKING:
    # azure-identity takes longer to import than all else that a step needs: only who signs in by
    # it waits for that.
    from azure.identity import AzurePipelinesCredential, ClientSecretCredential

DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""Application id of Azure Databricks, the same in every tenant (learn.microsoft.com, "Get
Microsoft Entra ID tokens for service principals")."""
RESOURCE_MANAGER = "https://management.azure.com"


@dataclass(frozen=True)
class Principal:
    """A service principal, and how it proves who it is."""

    client_id: str
    source: Callable[[], ClientSecretCredential | AzurePipelinesCredential] = field(repr=False)
    """Makes a credential of azure-identity."""
    secrets: tuple[str, ...] = field(repr=False)
    """What may not stand in a message."""
    cause: str
    """Why Entra most likely refuses it."""
    fix: str

    def token(
        self, resource: str, *, clock: Clock, header: str = "Authorization"
    ) -> RefreshingToken:
        """Its token for one resource, minted when it is needed and again before it expires.

        :param resource: what the token is for: an application id or URI.
        :raises InputError: at the first request, when an id can't be one.
        :raises Unauthenticated: at the first request, with what Entra said.
        :raises Unreachable: at the first request, when Entra doesn't answer.
        """
        return RefreshingToken(lambda: self._mint(resource), clock=clock, name=header)

    def _mint(self, resource: str) -> Token:
        from azure.core.exceptions import AzureError

        who = f"the service principal {self.client_id} can't sign in"
        try:
            # A new one each time: the old one remembers its token, also one that was refused.
            with self.source() as source:
                token = source.get_token(f"{resource}/.default")
        except ValueError as error:
            raise InputError(f"{who}: {self._said(error)}", fix=self.fix) from None
        except AzureError as error:
            if _is_unreachable(error):
                raise Unreachable(
                    f"Microsoft Entra can't be reached to sign in {self.client_id}: "
                    f"{self._said(error)}",
                    fix="check the proxy settings, and AZURE_AUTHORITY_HOST where that is set",
                ) from None
            raise Unauthenticated(
                f"{who}: {self._said(error)}", cause=self.cause, fix=self.fix
            ) from None
        return Token(token.token, float(token.expires_on))

    def _said(self, error: Exception) -> str:
        """The first line of a message, without the secrets."""
        text = redact(str(getattr(error, "message", "") or error), self.secrets).strip()
        return text.splitlines()[0] if text else type(error).__name__


def service_principal(
    *,
    tenant_id: str,
    client_id: str,
    client_secret: str,
    fix: str = "check the tenant, the client id and the secret",
) -> Principal:
    """A service principal that signs in with a secret.

    :param fix: what to do when it can't, in terms of what the user gave.
    """

    def source() -> ClientSecretCredential:
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(tenant_id, client_id, client_secret)

    return Principal(
        client_id,
        source,
        secrets=(client_secret,),
        cause="the secret is wrong or has expired, or the tenant or client id is wrong",
        fix=fix,
    )


def of_connection(connection: ServiceConnection) -> Principal:
    """The service principal of a service connection of Azure Pipelines.

    With workload identity federation no secret is stored anywhere: for each token Azure DevOps
    gives the job a short-lived identity token, which Entra takes in place of a secret.
    """
    if connection.scheme != FEDERATED:
        return service_principal(
            tenant_id=connection.tenant_id,
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            fix="renew the secret of the service connection in the project's settings, or convert "
            "the connection to workload identity federation",
        )

    def source() -> AzurePipelinesCredential:
        from azure.identity import AzurePipelinesCredential

        return AzurePipelinesCredential(
            tenant_id=connection.tenant_id,
            client_id=connection.client_id,
            service_connection_id=connection.id,
            system_access_token=connection.job_token,
        )

    return Principal(
        connection.client_id,
        source,
        secrets=(connection.job_token,),
        cause="the application has no federated credential for this service connection, or the "
        "job may not use the connection",
        fix="verify the service connection in the project's settings; its issuer and subject must "
        "be those of the application's federated credential",
    )


def _is_unreachable(error: BaseException | None) -> bool:
    """azure-identity calls every failure one of authentication; the cause tells."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    while error is not None:
        if isinstance(error, (ServiceRequestError, ServiceResponseError)):
            return True
        error = error.__cause__
    return False
