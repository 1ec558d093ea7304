"""Who may do what on the registry's own host name, as Azure Container Registry has it.

A client that isn't signed in is sent to ``/oauth2/token`` for a token with a scope; it comes there
with a service principal's id and secret, or with a refresh token that ``/oauth2/exchange`` gave for
a Microsoft Entra token (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md). On the loopback
everybody may do everything, as docker's command line expects there.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from werkzeug.wrappers import Request

from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.registry import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import Tokens

COLLECTION = "registry-tokens"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The user name that goes with a refresh token."""
REFRESH_SECONDS = 3 * 3600
ACCESS_SECONDS = 75 * 60
REFRESH, ACCESS = "refresh", "access"


@dataclass(frozen=True)
class Need:
    """What a request is about: ``repository:wine:push`` or ``registry:catalog:*``."""

    resource: str = ""
    """Empty: signing in is enough."""
    action: str = ""

    @property
    def scope(self) -> str:
        return f"{self.resource}:{self.action}" if self.resource else ""


class Access:
    """Issues and checks the registry's tokens. The store holds only their SHA-256."""

    def __init__(self, cloud: Cloud, host: str) -> None:
        self._cloud = cloud
        self._host = host
        self._principal = load_or_create(cloud.folder)
        self._entra = Tokens(cloud)

    def require(self, request: Request, need: Need) -> None:
        """Raises UNAUTHORIZED (401) with the challenge that tells where to sign in."""
        authorization = request.authorization
        if authorization is None:
            raise self._unauthorized("authentication required", need)
        if authorization.type == "basic":
            if not self.knows(authorization.username or "", authorization.password or ""):
                raise self._unauthorized("the user name or password is wrong", need)
            return
        scopes = self._check(ACCESS, authorization.token or "")
        if scopes is None:
            raise self._unauthorized("the token is unknown or has expired", need)
        if need.resource and not _allows(scopes, need):
            raise self._unauthorized(f"the token's scope is not {need.scope}", need)

    def knows(self, username: str, password: str) -> bool:
        """Whether this is the service principal's secret, or a refresh token."""
        if username == NOBODY:
            return self._check(REFRESH, password) is not None
        given, right = f"{username}\0{password}", self._principal
        expected = f"{right.client_id}\0{right.client_secret}"
        return hmac.compare_digest(given.encode(), expected.encode())

    def exchange(self, entra_token: str) -> str | None:
        """A refresh token for an Entra token; None when that is worth nothing."""
        if self._entra.identify(entra_token) is None:
            return None
        return self._issue(REFRESH, REFRESH_SECONDS, [])

    def grant(self, scopes: list[str]) -> str:
        """An access token, for somebody who has signed in."""
        return self._issue(ACCESS, ACCESS_SECONDS, scopes)

    def clear(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _issue(self, kind: str, seconds: int, scopes: list[str]) -> str:
        value = secrets.token_urlsafe(32)
        document = {"kind": kind, "expires": self._cloud.clock.time() + seconds, "scopes": scopes}
        self._cloud.store.put(COLLECTION, digest(value), document)
        return value

    def _check(self, kind: str, value: str) -> list[str] | None:
        found = self._cloud.store.get(COLLECTION, digest(value))
        if found is None or found["kind"] != kind:
            return None
        if found["expires"] <= self._cloud.clock.time():
            return None
        scopes: list[str] = found["scopes"]
        return scopes

    def _unauthorized(self, message: str, need: Need) -> exceptions.RegistryError:
        challenge = f'Bearer realm="https://{self._host}/oauth2/token",service="{self._host}"'
        challenge += f',scope="{need.scope}"' if need.scope else ""
        return exceptions.unauthorized(message, challenge)


def _allows(scopes: list[str], need: Need) -> bool:
    for scope in scopes:
        resource, _, actions = scope.rpartition(":")
        if resource == need.resource and {need.action, "*"} & set(actions.split(",")):
            return True
    return False
