"""Who calls: tokens of both kinds, what each may do, and how often.

A classic token has scopes and all the rights of its user that they cover; a fine-grained one has a
level for each permission, and may be for some repositories only.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.service import Cloud

COLLECTION = "github.tokens"
SCOPES = ("repo", "workflow", "read:org")
LIMIT = 5000
"""Calls in an hour."""
WINDOW = 3600
LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class Caller:
    """Whoever has shown a valid token."""

    login: str
    scopes: tuple[str, ...] | None
    """Of a classic token; None for a fine-grained one."""
    permissions: Mapping[str, str]
    """Of a fine-grained token: permission -> read, write or admin."""
    repositories: tuple[str, ...] | None
    """``owner/name`` in lower case; None for all."""
    token_id: str
    limit: int

    def may(self, permission: str, level: str) -> bool:
        """Whether the token allows it, apart from what its user may do."""
        if permission == "metadata":
            return True
        if self.scopes is not None:
            return ("workflow" if permission == "workflows" else "repo") in self.scopes
        given = self.permissions.get(permission)
        return given is not None and LEVELS.index(given) >= LEVELS.index(level)


class Tokens:
    """The token table; the store holds digests only."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def add(
        self,
        login: str,
        value: str = "",
        *,
        scopes: Sequence[str] | None = SCOPES,
        permissions: Mapping[str, str] | None = None,
        repositories: Sequence[str] | None = None,
        limit: int = LIMIT,
        seconds: int | None = None,
    ) -> str:
        """A token of a user; a fine-grained one where ``permissions`` are given."""
        prefix = "ghp_" if permissions is None else "github_pat_"
        value = value or f"{prefix}{secrets.token_hex(18)}"
        document = {
            "login": login,
            "scopes": None if permissions is not None else list(scopes or ()),
            "permissions": dict(permissions or {}),
            "repositories": None if repositories is None else [r.lower() for r in repositories],
            "limit": limit,
            "expires": None if seconds is None else self._cloud.clock.time() + seconds,
        }
        self._cloud.store.put(COLLECTION, digest(value), document)
        return value

    def caller(self, value: str) -> Caller:
        """Raises GitHubError (401) for a token that nobody has, or whose time is over."""
        document = self._cloud.store.get(COLLECTION, digest(value))
        if document is None:
            raise exceptions.bad_credentials()
        if document["expires"] is not None and document["expires"] <= self._cloud.clock.time():
            raise exceptions.bad_credentials()
        scopes, repositories = document["scopes"], document["repositories"]
        return Caller(
            document["login"],
            None if scopes is None else tuple(scopes),
            document["permissions"],
            None if repositories is None else tuple(repositories),
            digest(value)[:16],
            document["limit"],
        )

    def count(self, caller: Caller) -> tuple[int, int]:
        """One more call: how many that makes in this hour, and when the hour ends (epoch)."""
        now = int(self._cloud.clock.time())
        with self._lock:
            used, end = self._used.get(caller.token_id, (0, now + WINDOW))
            if end <= now:
                used, end = 0, now + WINDOW
            self._used[caller.token_id] = (used + 1, end)
        return used + 1, end

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
        with self._lock:
            self._used.clear()


def headers(caller: Caller, used: int, end: int) -> dict[str, Any]:
    """What every answer tells of the token."""
    found = {
        "X-RateLimit-Limit": str(caller.limit),
        "X-RateLimit-Remaining": str(max(0, caller.limit - used)),
        "X-RateLimit-Used": str(min(used, caller.limit)),
        "X-RateLimit-Reset": str(end),
        "X-RateLimit-Resource": "core",
    }
    if caller.scopes is not None:
        found["X-OAuth-Scopes"] = ", ".join(caller.scopes)
    return found
