"""What is asked before anybody has signed in: where to, and the trade of identity tokens.

Errors of the trade are those of OAuth (RFC 6749, 5.2): ``{"error", "error_description"}``.
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud import issuers
from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.databricks.api import json_response
from modelyard.local.cloud.databricks.auth.federation_policies import FederationPolicies
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.tokens import OAUTH_SECONDS, Tokens

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
SCOPE = "all-apis"


def host_configuration(request: Request) -> Response:
    """What databricks-sdk asks a host first (``/.well-known/databricks-config``)."""
    return json_response(
        {
            "oidc_endpoint": f"{request.host_url}oidc",
            "workspace_id": WORKSPACE_ID,
            "cloud": "azure",
        }
    )


def oauth_server(request: Request) -> Response:
    """Where tokens come from (``/oidc/.well-known/oauth-authorization-server``)."""
    base = f"{request.host_url}oidc"
    return json_response(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/v1/authorize",
            "token_endpoint": f"{base}/v1/token",
            "grant_types_supported": [GRANT],
            "scopes_supported": [SCOPE],
            "token_endpoint_auth_methods_supported": ["none"],
        }
    )


class TokenResponses:
    """``POST /oidc/v1/token``: an identity token for one of the workspace (RFC 8693)."""

    def __init__(self, tokens: Tokens, policies: FederationPolicies) -> None:
        self._tokens = tokens
        self._policies = policies

    def exchange(self, request: Request) -> Response:
        form = request.form
        if form.get("grant_type") != GRANT:
            return _refused("unsupported_grant_type", "Only token exchange is offered here.")
        if form.get("subject_token_type") != JWT or not form.get("subject_token"):
            return _refused("invalid_request", f"subject_token must be of the type {JWT}.")
        client_id = form.get("client_id", "")
        try:
            trusted = self._policies.trusts(client_id, form["subject_token"])
        except issuers.Malformed:
            return _refused("invalid_request", "subject_token is not a JWT.")
        except issuers.WronglySigned:
            return _refused("invalid_grant", "The signature of subject_token is not valid.")
        except issuers.OutOfTime:
            return _refused("invalid_grant", "subject_token is expired or not valid yet.")
        if not trusted:
            claims = issuers.claims_of(form["subject_token"])
            shown = ", ".join(f"{name} {claims.get(name)!r}" for name in ("iss", "sub", "aud"))
            return _refused(
                "invalid_grant",
                f"No federation policy of service principal {client_id!r} matches the token: "
                f"{shown}.",
            )
        body = {
            "access_token": self._tokens.issue_oauth(client_id),
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": OAUTH_SECONDS,
            "scope": SCOPE,
        }
        return json_answer(body)


def _refused(error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    return json_answer(body, 400)
