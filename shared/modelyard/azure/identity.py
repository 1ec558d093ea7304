"""Tokens of Microsoft Entra, as credentials of a session."""

from __future__ import annotations

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.identity import ClientSecretCredential

from modelyard.clock import Clock
from modelyard.credentials import RefreshingToken, Token
from modelyard.errors import InputError, Unauthenticated, Unreachable
from modelyard.masking import redact

DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""Application id of Azure Databricks, the same in every tenant (learn.microsoft.com, "Get
Microsoft Entra ID tokens for service principals")."""
RESOURCE_MANAGER = "https://management.azure.com"


def service_principal(
    *,
    tenant_id: str,
    client_id: str,
    client_secret: str,
    resource: str,
    clock: Clock,
    header: str = "Authorization",
) -> RefreshingToken:
    """A service principal that signs in with a secret.

    :param resource: what the token is for: an application id or URI.
    :raises InputError: at the first request, when an id can't be one.
    :raises Unauthenticated: at the first request, with what Entra said.
    :raises Unreachable: at the first request, when Entra doesn't answer.
    """

    def mint() -> Token:
        try:
            # A new one each time: the old one remembers its token, also one that was refused.
            with ClientSecretCredential(tenant_id, client_id, client_secret) as source:
                token = source.get_token(f"{resource}/.default")
        except ValueError as error:
            raise InputError(
                f"the service principal {client_id} can't sign in: {_said(error, client_secret)}",
                fix="check azure-tenant-id and azure-client-id",
            ) from None
        except AzureError as error:
            if _is_unreachable(error):
                raise Unreachable(
                    f"Microsoft Entra can't be reached to sign in {client_id}: "
                    f"{_said(error, client_secret)}",
                    fix="check the proxy settings, and AZURE_AUTHORITY_HOST where that is set",
                ) from None
            raise Unauthenticated(
                f"the service principal {client_id} can't sign in: {_said(error, client_secret)}",
                cause="the secret is wrong or has expired, or the tenant or client id is wrong",
                fix="check azure-tenant-id, azure-client-id and azure-client-secret",
            ) from None
        return Token(token.token, float(token.expires_on))

    return RefreshingToken(mint, clock=clock, name=header)


def _is_unreachable(error: BaseException | None) -> bool:
    """azure-identity calls every failure one of authentication; the cause tells."""
    while error is not None:
        if isinstance(error, (ServiceRequestError, ServiceResponseError)):
            return True
        error = error.__cause__
    return False


def _said(error: Exception, secret: str) -> str:
    """The first line of a message, without the secret."""
    text = redact(str(getattr(error, "message", "") or error), [secret]).strip()
    return text.splitlines()[0] if text else type(error).__name__
