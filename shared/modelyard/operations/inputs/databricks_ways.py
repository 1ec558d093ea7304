"""The ways to sign in that a Databricks workspace has of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from modelyard.account_errors import TenantNotAllowed
from modelyard.azure.identity import DATABRICKS
from modelyard.azure.identity.sign_in import DOCUMENTATION, NotTried, Way
from modelyard.context import Context
from modelyard.credentials import Token
from modelyard.databricks import federation
from modelyard.operations.inputs.identity_inputs import Late

if TYPE_CHECKING:
    from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs

WARNING = (
    "this signs in with a personal access token, which lasts until somebody takes it back and acts "
    f"as one person: {DOCUMENTATION} shows ways without a stored secret (and sign-in: token says "
    "that this one is meant)"
)


def ways(inputs: WorkspaceInputs, context: Context, late: Late) -> list[Way | NotTried]:
    """Both of them."""
    return [_federation(inputs, context, late), _token(inputs, late)]


def _token(inputs: WorkspaceInputs, late: Late) -> Way | NotTried:
    name = "token"
    if not inputs.token:
        return NotTried(name, "token isn't set")

    def mint(_resource: str) -> Token:
        _check_guard(inputs, name)
        return Token(late.token, math.inf)

    return Way(
        name,
        "a personal access token",
        mint,
        only=DATABRICKS,
        of_entra=False,
        renewable=False,
        warning=WARNING,
    )


def _federation(inputs: WorkspaceInputs, context: Context, late: Late) -> Way | NotTried:
    name = "databricks-federation"
    client_id = inputs.databricks_client_id
    if not client_id:
        return NotTried(name, "databricks-client-id isn't set")
    if why := context.ci.no_identity_token():
        return NotTried(name, why)

    def mint(_resource: str) -> Token:
        _check_guard(inputs, name)
        audience = inputs.databricks_audience or federation.audience(late.url)
        assertion = context.ci.identity_token(audience, inputs.azure_service_connection or "")
        return federation.exchange(late.url, client_id, assertion, clock=context.clock)

    who = f"the service principal {client_id} of the workspace"
    return Way(name, who, mint, only=DATABRICKS, of_entra=False)


def _check_guard(inputs: WorkspaceInputs, name: str) -> None:
    """A token of the workspace's own tells no tenant; but the workspace itself may be guarded."""
    if inputs.allowed_tenants and not inputs.allowed_workspaces:
        raise TenantNotAllowed(
            f"signing in by {name} tells no tenant, and so can't be checked by allowed-tenants",
            cause="its token is the workspace's own, not one of Microsoft Entra",
            fix="name the workspace in allowed-workspaces too, or sign in another way",
        )
