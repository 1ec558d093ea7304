"""Identity tokens that other services of the cloud take: who signs them, and whether one is good.

An issuer publishes its keys on the internet, which a local cloud never asks: those that are
emulated here are known by themselves, others come with their keys.
"""

from __future__ import annotations

from typing import Any

import jwt

from modelyard.local.cloud.store import Store

COLLECTION = "issuers"
ALGORITHMS = ["RS256", "ES256"]


class Malformed(Exception):
    """Not a signed token."""


class WronglySigned(Exception):
    """Signed with none of the issuer's keys."""


class OutOfTime(Exception):
    """Too old, or not valid yet."""


def publish(store: Store, issuer: str, key: dict[str, Any]) -> None:
    """Make the public key (JWK) of an issuer known."""
    store.put(COLLECTION, issuer, {"keys": [key]})


def keys_of(store: Store, issuer: str) -> list[dict[str, Any]]:
    """The public keys (JWK) of an issuer; none for one that isn't of this cloud."""
    document = store.get(COLLECTION, issuer) or {"keys": []}
    keys: list[dict[str, Any]] = document["keys"]
    return keys


def check_keys(keys: list[dict[str, Any]]) -> None:
    """Raises ValueError when there are none, or one is not a public RSA or EC key."""
    try:
        usable = [key.key_type in ("RSA", "EC") for key in jwt.PyJWKSet(keys).keys]
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a JSON web key: {error}") from error
    if not all(usable):
        raise ValueError("only RSA and EC keys are supported")


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, before anything of it is checked. Raises Malformed."""
    try:
        jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise Malformed(str(error)) from error
    return claims


def check(token: str, keys: list[dict[str, Any]], now: float) -> None:
    """Raises WronglySigned or OutOfTime unless the token is signed with one of the keys, now."""
    _check_signature(token, keys)
    claims = claims_of(token)
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise OutOfTime
    if not begins <= now < expires:
        raise OutOfTime


def _check_signature(token: str, keys: list[dict[str, Any]]) -> None:
    header = jwt.get_unverified_header(token)
    timeless: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False}
    timeless |= {"verify_iat": False}
    for key in jwt.PyJWKSet(keys).keys if keys else ():
        if header.get("kid") in (None, key.key_id):
            try:
                jwt.decode(token, key, ALGORITHMS, options=timeless)
            except jwt.InvalidTokenError:
                continue
            return
    raise WronglySigned
