"""What went wrong with a vault, in the terms of ``errors``, with the command that mends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelyard.answers import typed
from modelyard.errors import (
    ModelyardError,
    NotFound,
    NotTheService,
    PermissionDenied,
    ServiceError,
    Unreachable,
)

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError, HttpResponseError

ROLE = "Key Vault Secrets User"
"""The least role that reads secrets and lists their names."""
_OBJECT = re.compile(r"\boid=([0-9A-Za-z-]+)")
_PEOPLES = "appid=04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The application of az, by which people sign in, also with a device code of azure-identity."""
_RESOURCE = re.compile(r"Resource: '(/[^'\s]+?/vaults/[^'/\s]+)", re.IGNORECASE)
_TELLING = ("Client address:", "Caller:", "Action:", "Resource:")
_FORBIDDEN = 403


def translated(
    error: AzureError | ValueError, what: str, host: str, secret: str = ""
) -> ModelyardError:
    """The error to raise in place of one of the client's.

    :param what: names the call: ``reading VAULT/NAME``.
    :param host: of the vault: it begins with the vault's name, which commands have.
    :param secret: its name.
    """
    from azure.core import exceptions as azure

    if isinstance(error, azure.HttpResponseError) and not isinstance(error, azure.DecodeError):
        return _refusal(error, what, host.partition(".")[0], secret)
    said = _first_line(error)
    if isinstance(error, (azure.ServiceRequestError, azure.ServiceResponseError)):
        return Unreachable(
            f"{what}: {said}",
            cause="there is no vault of this name, or a proxy, a firewall or a private network is "
            "in the way",
            fix=f"check the vault's name, and that this machine may reach it (nslookup {host})",
        )
    return NotTheService(
        f"{what}: {said}",
        cause="what answered is a proxy or another web site, not a key vault",
        fix="check the vault's name and the proxy settings",
    )


def _refusal(error: HttpResponseError, what: str, vault: str, secret: str) -> ModelyardError:
    status = int(error.status_code or 0)
    code, message, inner = _parts(error)
    text = f"{what} answered {status}" + (f" {inner or code}" if code else "")
    text += f": {_one_line(message)}" if message else ""
    if inner == "SecretDisabled":
        return ServiceError(
            text,
            status=status,
            code=inner,
            cause="the secret is disabled",
            fix="enable it, or leave it out: az keyvault secret set-attributes --vault-name "
            f"{vault} --name {secret} --enabled true",
        )
    found = typed(text, status, code, message)
    if isinstance(found, NotFound) and secret:
        found.cause = "no secret has this name in the vault, or no such version, or it was deleted"
        found.fix = (
            f"check the name (az keyvault secret list --vault-name {vault} --query '[].name'), or "
            f"get the secret back: az keyvault secret recover --vault-name {vault} --name {secret}"
        )
    if status == _FORBIDDEN and isinstance(found, PermissionDenied):
        _explain(found, message, inner, vault)
    return found


def _explain(error: PermissionDenied, message: str, inner: str, vault: str) -> None:
    """The exact command for whoever may grant the right."""
    caller = _OBJECT.search(message)
    if inner == "ForbiddenByFirewall":
        error.cause = "the vault's firewall doesn't let this machine in"
        error.fix = "allow the agent's network in the vault's settings (Networking)"
    elif inner == "ForbiddenByConnection":
        error.cause = "the vault's public network access is disabled"
        error.fix = (
            "run this where a private endpoint of the vault is reached, or allow public access: "
            f"az keyvault update --name {vault} --public-network-access Enabled"
        )
    elif inner == "ForbiddenByRbac" or "not authorized to perform action" in message:
        resource = _RESOURCE.search(message)
        scope = (
            resource[1] if resource else f'"$(az keyvault show --name {vault} --query id -o tsv)"'
        )
        kind = "User" if _PEOPLES in message else "ServicePrincipal"
        who = (
            f"--assignee-object-id {caller[1]} --assignee-principal-type {kind}"
            if caller
            else "--assignee CLIENT_ID"
        )
        error.cause = f'the identity has no role such as "{ROLE}" on the vault'
        error.fix = f'az role assignment create --role "{ROLE}" {who} --scope {scope}'
    else:
        who = f"--object-id {caller[1]}" if caller else "--spn CLIENT_ID"
        error.cause = "the vault's access policies don't let the identity read its secrets"
        error.fix = f"az keyvault set-policy --name {vault} {who} --secret-permissions get list"


def _parts(error: HttpResponseError) -> tuple[str, str, str]:
    """Code, message and the code of the inner error."""
    told = error.error
    if told is None:
        return "", str(error.message or error.reason or ""), ""
    inner: Any = told.innererror
    return (
        str(told.code or ""),
        str(told.message or ""),
        str(inner.get("code", "")) if isinstance(inner, dict) else "",
    )


def _one_line(message: str) -> str:
    """A refusal has nine lines, of which these say something."""
    first, *rest = message.splitlines() or [""]
    told = (line.strip() for line in rest if line.startswith(_TELLING))
    return " ".join([first.strip(), *told])


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
