"""Federated credentials: whose identity tokens the service principal is trusted with.

A CI system signs a short-lived token (``client_assertion``); Entra takes it in place of a secret
when issuer, subject and audience are those of a credential on the application. Issuers publish
their keys on the internet, which a local cloud never asks: the keys are given with the credential.
Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

from typing import Any

import jwt

from modelyard.local.cloud.entra import exceptions
from modelyard.local.cloud.store import Store

COLLECTION = "entra.federated_credentials"
AUDIENCE = "api://AzureADTokenExchange"
ALGORITHMS = ["RS256", "ES256"]


def trust(
    store: Store, issuer: str, subject: str, keys: list[dict[str, Any]], audience: str = AUDIENCE
) -> None:
    """Trust tokens of ``issuer`` for ``subject``, signed with one of ``keys`` (JWKs).

    Raises ValueError when there are no keys, or one is not a public RSA or EC key.
    """
    try:
        usable = [key.key_type in ("RSA", "EC") for key in jwt.PyJWKSet(keys).keys]
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a JSON web key: {error}") from error
    if not all(usable):
        raise ValueError("only RSA and EC keys are supported")
    document = {"issuer": issuer, "subject": subject, "audience": audience, "keys": keys}
    store.put(COLLECTION, f"{issuer} {subject}", document)


def check(store: Store, assertion: str, now: float) -> None:
    """Raises EntraError unless a federated credential fits the assertion and it is signed."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise exceptions.assertion_malformed() from error
    known = [document for _, document in store.items(COLLECTION)]
    for code, name, claim in (
        (700211, "issuer", claims.get("iss")),
        (700213, "subject", claims.get("sub")),
        (700212, "audience", claims.get("aud")),
    ):
        known = [document for document in known if document[name] == claim]
        if not known:
            raise exceptions.assertion_not_trusted(code, name, claim)
    _check_signature(assertion, header, known[0]["keys"])
    expires = claims.get("exp")
    begins = claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise exceptions.assertion_expired()
    if not begins <= now < expires:
        raise exceptions.assertion_expired()


def _check_signature(assertion: str, header: dict[str, Any], keys: list[dict[str, Any]]) -> None:
    timeless: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False}
    timeless |= {"verify_iat": False}
    for key in jwt.PyJWKSet(keys).keys:
        if header.get("kid") in (None, key.key_id):
            try:
                jwt.decode(assertion, key, ALGORITHMS, options=timeless)
            except jwt.InvalidTokenError:
                continue
            return
    raise exceptions.assertion_signature()
