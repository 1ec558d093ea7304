"""Bearer tokens of the workspace: personal access tokens and Entra tokens for Azure Databricks."""

from __future__ import annotations

from werkzeug.wrappers import Request

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.tokens import (
    DATABRICKS_AUDIENCE,
    RESOURCE_MANAGER_AUDIENCES,
    Principal,
    TokenError,
    TokenExpired,
    TokenForOther,
    TokenMissing,
    Tokens,
)

MANAGEMENT_TOKEN = "X-Databricks-Azure-SP-Management-Token"  # noqa: S105 - a header's name
RESOURCE_ID = "X-Databricks-Azure-Workspace-Resource-Id"


class Authentication:
    """Callable with a request; returns its principal or raises the service's error.

    Statuses as the service has them: no token 401, an unknown or expired personal access token
    403, an expired Entra token 401, a token for another service 400. A service principal that the
    workspace doesn't know yet is let in, and added, when it also shows a Resource Manager token
    and the workspace's resource id ("first contact"; Azure Databricks documentation, "Get
    Microsoft Entra ID tokens for service principals").
    """

    def __init__(self, tokens: Tokens, identities: Identities) -> None:
        self._tokens = tokens
        self._identities = identities

    def __call__(self, request: Request) -> Principal:
        try:
            principal = self._tokens.require(request, (DATABRICKS_AUDIENCE,))
        except TokenError as error:
            raise _refusal(error, request) from None
        if principal.kind == "service_principal" and not self._identities.knows(principal.name):
            self._first_contact(request, principal)
        return principal

    def _first_contact(self, request: Request, principal: Principal) -> None:
        management = request.headers.get(MANAGEMENT_TOKEN)
        resource_id = request.headers.get(RESOURCE_ID)
        if not management or not resource_id:
            raise exceptions.forbidden("User not authorized.", 403)
        owner = self._tokens.identify(management, RESOURCE_MANAGER_AUDIENCES)
        if owner is None or owner.name != principal.name:
            raise exceptions.forbidden(f"{MANAGEMENT_TOKEN} is not valid.", 403)
        if not self._identities.is_this_workspace(resource_id):
            raise exceptions.forbidden(
                f"{RESOURCE_ID} {resource_id} does not name this workspace.", 403
            )
        self._identities.add(principal.name)


def _refusal(error: TokenError, request: Request) -> exceptions.ApiError:
    authorization = request.authorization
    token = authorization.token if authorization is not None else None
    if isinstance(error, TokenMissing):
        return exceptions.unauthenticated(
            "Credential was not sent or was of an unsupported type for this API."
        )
    if isinstance(error, TokenExpired) and token is not None and token.count(".") == 2:
        return exceptions.unauthenticated("Token is expired.", 401)
    if isinstance(error, TokenForOther):
        return exceptions.ApiError(
            400, 400, f"Expected aud claim to be: {DATABRICKS_AUDIENCE}. {error}"
        )
    return exceptions.forbidden("Invalid access token.", 403)
