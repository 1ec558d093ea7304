"""Databricks' own federation: an identity token of a CI system for a token of the workspace.

The service principal's federation policy says whose identity tokens the workspace takes: no
secret is stored anywhere, and Microsoft Entra isn't asked.
Source: docs.databricks.com, "Use an identity provider token to authenticate Databricks REST APIs"
and RFC 8693.
"""

from __future__ import annotations

from urllib.parse import urlencode

from modelyard.answers import Rule, read_json
from modelyard.clock import Clock
from modelyard.credentials import Token
from modelyard.documentation import page
from modelyard.errors import NotTheService, ServiceError, Unauthenticated
from modelyard.http import Session
from modelyard.masking import redact

TOKEN = "/oidc/v1/token"  # noqa: S105 - a path
_RULES = (
    Rule(Unauthenticated, code="^invalid_(client|grant|request|token|target)$"),
    Rule(Unauthenticated, status=400),
)
_SHORTEST = 60.0
"""Seconds a token is taken for good for when the workspace doesn't say."""


def audience(base: str) -> str:
    """Whom an identity token is meant for unless the policy says otherwise.

    :param base: scheme and host of the workspace. databricks-sdk takes the same.
    """
    return base + TOKEN


def exchange(base: str, client_id: str, identity_token: str, *, clock: Clock) -> Token:
    """A token of the workspace.

    :param client_id: application id of the service principal that has the policy.
    :raises Unauthenticated: when no policy of it fits the identity token.
    """
    form = {
        "client_id": client_id,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "scope": "all-apis",
        "subject_token": identity_token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    }
    session = Session(base, clock=clock, rules=_RULES)
    try:
        answer = session.call(
            "POST",
            TOKEN,
            data=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            repeatable=True,
            reads=True,
        )
        body = read_json(answer, f"POST {base}{TOKEN}")
    except ServiceError as error:
        raise type(error)(
            redact(error.what, [identity_token]),
            status=error.status,
            code=error.code,
            cause="the service principal has no federation policy for this job, or isn't a user of "
            "the workspace",
            fix="give the service principal a federation policy with the issuer, subject and "
            f"audience of this job: see {page('identity')}",
        ) from None
    value, lifetime = body.get("access_token"), body.get("expires_in", _SHORTEST)
    if not isinstance(value, str) or not value or not isinstance(lifetime, (int, float)):
        raise NotTheService(f"POST {base}{TOKEN} answered without an access token")
    return Token(value, clock.time() + lifetime)
