"""Who calls: the personal access tokens of the workspace and the tokens that Entra signed.

Every service asks here, so that a token means the same everywhere. The store holds only the
SHA-256 of a personal access token; the value is shown once, when it is made.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Request

from modelyard.local.cloud import signing
from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.service import Cloud

DATABRICKS_AUDIENCE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""The application id of Azure Databricks: the resource that its tokens are for."""

RESOURCE_MANAGER_AUDIENCES = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
)
"""What tokens of Resource Manager are for, in the public cloud (two names) and the others."""

OWNER = "owner@modelyard.local"
"""The user whom the first token of a local cloud belongs to; a workspace administrator."""

COLLECTION = "tokens"
OAUTH_SECONDS = 3600
"""How long a token lasts that the workspace gives for an identity token."""


@dataclass(frozen=True)
class Principal:
    """Somebody who has shown a valid token."""

    kind: Literal["user", "service_principal"]
    name: str
    """A user's name (mail address), or the application id of a service principal."""
    token_id: str | None
    """Id of the personal access token; None for an Entra token."""


class TokenError(Exception):
    """A request without a usable token. The message is fit for an answer."""


class TokenMissing(TokenError):
    """No ``Authorization: Bearer`` header."""


class TokenUnknown(TokenError):
    """Not a token of this cloud: never issued, revoked, or signed by somebody else."""


class TokenExpired(TokenError):
    """A token of this cloud whose time is over."""


class TokenForOther(TokenError):
    """A valid token, but for another service (audience)."""


class Tokens:
    """The token table. Make one wherever it is needed: all state is in the cloud's store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._key = signing.load_or_create(cloud.folder / "entra").public_key()

    @functools.cached_property
    def _own_key(self) -> rsa.RSAPrivateKey:
        """The workspace's; made when it first signs, which few tests and programs need."""
        return signing.load_or_create(self._cloud.folder / "workspace")

    @property
    def _own_issuer(self) -> str:
        return f"https://{self._cloud.workspace_host}/oidc"

    def create(
        self, comment: str, lifetime_seconds: int | None = None, user: str = OWNER
    ) -> tuple[str, str]:
        """A new personal access token: its id and its value. No lifetime means it never expires."""
        value = f"dapi{secrets.token_hex(16)}"
        return self.add(value, comment, lifetime_seconds, user), value

    def add(
        self, value: str, comment: str, lifetime_seconds: int | None = None, user: str = OWNER
    ) -> str:
        """Make ``value`` a valid token; returns its id."""
        now = self._cloud.clock.time()
        token_id = secrets.token_hex(32)
        document = {
            "token_id": token_id,
            "comment": comment,
            "user": user,
            "creation_time": int(now * 1000),
            "expiry_time": -1 if lifetime_seconds is None else int((now + lifetime_seconds) * 1000),
        }
        self._cloud.store.put(COLLECTION, digest(value), document)
        return token_id

    def issue_for_run(self, run: str, audience: str, seconds: int) -> str:
        """What a service gives a program that it runs: a token (JWT) for one service alone."""
        key = signing.load_or_create(self._cloud.folder / "entra")
        now = int(self._cloud.clock.time())
        return signing.sign({"aud": audience, "appid": run, "exp": now + seconds, "iat": now}, key)

    def issue_oauth(self, application_id: str) -> str:
        """A token of the workspace's own for a service principal (JWT)."""
        now = int(self._cloud.clock.time())
        claims = {
            "aud": WORKSPACE_ID,
            "client_id": application_id,
            "exp": now + OAUTH_SECONDS,
            "iat": now,
            "iss": self._own_issuer,
            "jti": secrets.token_urlsafe(16),
            "scope": "all-apis",
            "sub": application_id,
        }
        return signing.sign(claims, self._own_key)

    def list(self, user: str | None = None) -> list[dict[str, Any]]:
        """``{token_id, comment, user, creation_time, expiry_time}`` of each token, oldest first.

        Times are milliseconds since the epoch; ``expiry_time`` is -1 for a token without an end.
        """
        documents = (document for _, document in self._cloud.store.items(COLLECTION))
        return [document for document in documents if user in (None, document["user"])]

    def revoke(self, token_id: str) -> bool:
        """Make a token invalid at once; says whether it was there."""
        for kept, document in self._cloud.store.items(COLLECTION):
            if document["token_id"] == token_id:
                return self._cloud.store.delete(COLLECTION, kept)
        return False

    def identify(self, value: str, audiences: Collection[str] = ()) -> Principal | None:
        """Whose token this is; None when it is worth nothing. See :meth:`check` for the reason."""
        try:
            return self.check(value, audiences)
        except TokenError:
            return None

    def check(self, value: str, audiences: Collection[str] = ()) -> Principal:
        """Whose token this is.

        ``audiences`` are those that an Entra token may be for; with none given, any of them. A
        personal access token is for the workspace, so it passes only where ``audiences`` holds
        DATABRICKS_AUDIENCE or is empty. Raises TokenUnknown, TokenExpired or TokenForOther.
        """
        if value.count(".") == 2:
            if signing.issuer_of(value) == self._own_issuer:
                return self._check_oauth(value, audiences)
            return self._check_entra(value, audiences)
        document = self._cloud.store.get(COLLECTION, digest(value))
        if document is None:
            raise TokenUnknown("Invalid access token.")
        if 0 <= document["expiry_time"] <= self._cloud.clock.time() * 1000:
            raise TokenExpired("The access token has expired.")
        if audiences and DATABRICKS_AUDIENCE not in audiences:
            raise TokenForOther("A personal access token of the workspace is not accepted here.")
        return Principal("user", document["user"], document["token_id"])

    def require(self, request: Request, audiences: Collection[str] = ()) -> Principal:
        """:meth:`check` for the bearer token of a request; raises TokenMissing when it has none."""
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or not authorization.token:
            raise TokenMissing("Credential was not sent or was of an unsupported type.")
        return self.check(authorization.token, audiences)

    def reset(self) -> None:
        """Revoke everything."""
        self._cloud.store.clear(COLLECTION)

    def _check_oauth(self, value: str, audiences: Collection[str]) -> Principal:
        try:
            claims = signing.verify(value, self._own_key.public_key(), ("exp", "client_id"))
        except signing.InvalidTokenError as error:
            raise TokenUnknown("Invalid access token.") from error
        if claims["exp"] <= self._cloud.clock.time():
            raise TokenExpired("The access token has expired.")
        if audiences and DATABRICKS_AUDIENCE not in audiences:
            raise TokenForOther("A token of the workspace is not accepted here.")
        return Principal("service_principal", claims["client_id"], None)

    def _check_entra(self, value: str, audiences: Collection[str]) -> Principal:
        try:
            claims = signing.verify(value, self._key)
        except signing.InvalidTokenError as error:
            raise TokenUnknown("Invalid access token.") from error
        if claims["exp"] <= self._cloud.clock.time():
            raise TokenExpired("The access token has expired.")
        if audiences and str(claims["aud"]).rstrip("/") not in {a.rstrip("/") for a in audiences}:
            raise TokenForOther(f"The token is for {claims['aud']}, not for this service.")
        if claims.get("idtyp") == "user":
            return Principal("user", claims["upn"], None)
        return Principal("service_principal", claims["appid"], None)
