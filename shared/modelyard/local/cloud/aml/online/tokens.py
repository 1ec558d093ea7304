"""Keys and tokens of an endpoint: what a client sends to score."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from modelyard.local.cloud.aml.online import exceptions

Json = dict[str, Any]
SECONDS = 3600
"""How long a token lasts."""


def keys(endpoint: Json) -> Json:
    """Raises ArmError for an endpoint that takes tokens."""
    if endpoint["properties"]["authMode"] != "Key":
        raise exceptions.invalid(f"The endpoint {endpoint['name']} has no keys: it takes tokens.")
    return {
        "primaryKey": endpoint["keys"]["primary"],
        "secondaryKey": endpoint["keys"]["secondary"],
    }


def token(endpoint: Json, now: float) -> Json:
    """A token that is good for an hour. Raises ArmError for an endpoint that takes keys."""
    if endpoint["properties"]["authMode"] == "Key":
        raise exceptions.invalid(f"The endpoint {endpoint['name']} takes keys, not tokens.")
    expires = int(now) + SECONDS
    return {
        "accessToken": f"{expires}.{_signature(endpoint, expires)}",
        "expiryTimeUtc": expires,
        "refreshAfterTimeUtc": expires - SECONDS // 4,
        "tokenType": "Bearer",
    }


def fits(endpoint: Json, given: str, now: float) -> bool:
    """Whether this key or token may score."""
    if endpoint["properties"]["authMode"] == "Key":
        known = [endpoint["keys"][which] for which in ("primary", "secondary")]
        return True in [secrets.compare_digest(given.encode(), one.encode()) for one in known]
    text, _, signature = given.partition(".")
    if not text.isdigit() or int(text) <= now:
        return False
    return secrets.compare_digest(signature.encode(), _signature(endpoint, int(text)).encode())


def _signature(endpoint: Json, expires: int) -> str:
    text = f"{endpoint['id']}\n{expires}".lower()
    made = hmac.new(endpoint["keys"]["signing"].encode(), text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")
