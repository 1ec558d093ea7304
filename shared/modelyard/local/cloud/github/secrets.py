"""Secrets of repositories and environments: sealed by the client, never shown again.

A client seals a value for the public key of its place (libsodium's sealed boxes: X25519 and
XSalsa20-Poly1305). Kept is what it sent; only the cloud, which has the private key, can open it.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.environments import Environments
from modelyard.local.cloud.github.repositories import Repositories

LARGEST = 48 * 1024
"""Bytes of a secret or a variable."""

Json = dict[str, Any]


class Secrets:
    """The answers; ``environment`` is empty for what belongs to the repository itself."""

    def __init__(self, repositories: Repositories, environments: Environments) -> None:
        self._repositories = repositories
        self._environments = environments

    def public_key(self, call: Call, environment: str = "") -> Json:
        self._environments.check(call, environment)
        key = self._key(call.repository, environment)
        public = base64.b64encode(bytes(key.public_key)).decode()
        return {"key_id": _key_id(key), "key": public}

    def listed(self, call: Call, environment: str = "") -> Reply:
        self._environments.check(call, environment)
        found = self._of(call.repository, environment)
        return call.page([_shown(found[name]) for name in sorted(found)], "secrets")

    def get(self, call: Call, name: str, environment: str = "") -> Json:
        self._environments.check(call, environment)
        found = self._of(call.repository, environment).get(name.upper())
        if found is None:
            raise exceptions.not_found()
        return _shown(found)

    def put(self, call: Call, name: str, environment: str = "") -> Reply:
        self._environments.check(call, environment)
        check_name("Secret", name)
        body, key = call.body(), self._key(call.repository, environment)
        if body.get("key_id") != _key_id(key):
            raise exceptions.invalid("key_id is not that of the current public key")
        sealed = str(body.get("encrypted_value", ""))
        try:
            value = _opened(sealed, key)
        except (ValueError, CryptoError):
            raise exceptions.invalid("encrypted_value is not sealed with the public key") from None
        if len(value) > LARGEST:
            raise exceptions.invalid("Secret value is over 48 KB")
        before = self._of(call.repository, environment).get(name.upper())
        now = self._repositories.now()
        document = {
            "name": name.upper(),
            "created_at": before["created_at"] if before else now,
            "updated_at": now,
            "sealed": sealed,
        }
        shelf = self._repositories.shelf(call.repository, "secrets")
        shelf.put(f"{environment.lower()}/{name.upper()}", document)
        return Reply(204) if before else Reply(201, {})

    def delete(self, call: Call, name: str, environment: str = "") -> None:
        shelf = self._repositories.shelf(call.repository, "secrets")
        if not shelf.delete(f"{environment.lower()}/{name.upper()}"):
            raise exceptions.not_found()

    def opened(self, repository: Json, environment: str = "") -> dict[str, str]:
        """Name -> value, as the service hands them to a job; not for anybody over HTTP."""
        key = self._key(repository, environment)
        found = self._of(repository, environment)
        return {name: _opened(one["sealed"], key).decode() for name, one in found.items()}

    def _of(self, repository: Json, environment: str) -> dict[str, Json]:
        items = self._repositories.shelf(repository, "secrets").items()
        return {
            document["name"]: document
            for key, document in items
            if key.rpartition("/")[0] == environment.lower()
        }

    def _key(self, repository: Json, environment: str) -> PrivateKey:
        shelf, name = self._repositories.shelf(repository, "keys"), environment.lower() or "/"
        found = shelf.get(name)
        if found is None:
            found = {"private": base64.b64encode(bytes(PrivateKey.generate())).decode()}
            shelf.put(name, found)
        return PrivateKey(base64.b64decode(found["private"]))


def check_name(kind: str, name: str) -> None:
    """Raises GitHubError (422) for what can't be a secret's or a variable's name."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise exceptions.invalid(
            f"{kind} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or "
            "underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or "
            "underscores (_)."
        )
    if name.upper().startswith("GITHUB_"):
        raise exceptions.invalid(f"{kind} names must not start with GITHUB_.")


def _opened(sealed: str, key: PrivateKey) -> bytes:
    return bytes(SealedBox(key).decrypt(base64.b64decode(sealed, validate=True)))


def _key_id(key: PrivateKey) -> str:
    return str(int.from_bytes(bytes(key.public_key)[:7], "big"))


def _shown(document: Json) -> Json:
    return {name: document[name] for name in ("name", "created_at", "updated_at")}
