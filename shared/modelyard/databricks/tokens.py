"""Personal access tokens of a workspace: minted for a time, tried, revoked.

Source: Databricks REST reference, "Token" (2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelyard.clock import Clock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.errors import NotFound, PermissionDenied, Unauthenticated
from modelyard.http import Session


@dataclass(frozen=True)
class MintedToken:
    """A new token. Its value is shown by the service this one time."""

    id: str
    value: str = field(repr=False)


def create(session: Session, comment: str, lifetime_seconds: int) -> MintedToken:
    """Mint a token of whoever the session is signed in as."""
    body = {"comment": comment, "lifetime_seconds": lifetime_seconds}
    answer = session.post("/api/2.0/token/create", body)
    return MintedToken(str(answer["token_info"]["token_id"]), str(answer["token_value"]))


@dataclass(frozen=True)
class KnownToken:
    """What is known of a token that is there; its value isn't."""

    id: str
    comment: str
    created: float
    """Seconds since the epoch."""
    expires: float
    """The same; infinity for one that doesn't."""


def every(session: Session) -> list[KnownToken]:
    """The tokens of whoever the session is signed in as, the oldest first."""
    infos = session.get("/api/2.0/token/list").get("token_infos") or ()
    found = [
        KnownToken(
            str(one["token_id"]),
            str(one.get("comment") or ""),
            one["creation_time"] / 1000,
            one["expiry_time"] / 1000 if one.get("expiry_time", -1) >= 0 else math.inf,
        )
        for one in infos
    ]
    return sorted(found, key=lambda one: one.created)


def revoke(session: Session, token_id: str) -> bool:
    """Make it worthless at once; says whether it was there."""
    try:
        session.post("/api/2.0/token/delete", {"token_id": token_id}, repeatable=True)
    except NotFound:
        return False
    return True


def works(url: str, token: str, *, clock: Clock) -> bool:
    """Whether the workspace at this address takes the token."""
    session = connection.connect(url, StaticToken(token), clock=clock, read_only=True)
    try:
        session.get("/api/2.0/clusters/spark-versions")
    except (Unauthenticated, PermissionDenied):
        return False
    return True
