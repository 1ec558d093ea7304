"""Federated credentials: whose identity tokens the service principal is trusted with.

A CI system signs a short-lived token (``client_assertion``); Entra takes it in place of a secret
when issuer, subject and audience are those of a credential on the application.
Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud import issuers
from modelyard.local.cloud.entra import exceptions
from modelyard.local.cloud.store import Store

COLLECTION = "entra.federated_credentials"
AUDIENCE = "api://AzureADTokenExchange"


def trust(
    store: Store,
    issuer: str,
    subject: str,
    keys: list[dict[str, Any]] | None = None,
    audience: str = AUDIENCE,
) -> None:
    """Trust tokens of ``issuer`` for ``subject``, signed with one of ``keys`` (JWKs).

    An issuer of this cloud needs none. What is trusted already stays trusted. Raises ValueError
    when there are no keys, or one is not a public RSA or EC key; and, as Entra does, for a second
    credential with this issuer and subject: the cloud has one application.
    Source: https://github.com/Azure/azure-workload-identity/issues/434
    """
    if keys is None and not issuers.keys_of(store, issuer):
        raise ValueError(f"the keys of {issuer} aren't known here: give them")
    if keys is not None:
        issuers.check_keys(keys)
    key = f"{issuer} {subject}"
    there = store.get(COLLECTION, key)
    if there is not None and there["audience"] != audience:
        raise ValueError(
            "The combination of issuer and subject must be unique for the application. "
            f"Issuer {issuer} and Subject: {subject} already exist."
        )
    document = {"issuer": issuer, "subject": subject, "audience": audience, "keys": keys}
    store.put(COLLECTION, key, document)


def check(store: Store, assertion: str, now: float) -> None:
    """Raises EntraError unless a federated credential fits the assertion and it is signed."""
    try:
        claims = issuers.claims_of(assertion)
    except issuers.Malformed as error:
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
    keys = known[0]["keys"] or issuers.keys_of(store, known[0]["issuer"])
    try:
        issuers.check(assertion, keys, now)
    except issuers.WronglySigned as error:
        raise exceptions.assertion_signature() from error
    except issuers.OutOfTime as error:
        raise exceptions.assertion_expired() from error
