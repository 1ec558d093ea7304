"""The secrets of a vault: versions, attributes, and what is deleted but can be recovered.

As in the service, ``nbf`` and ``exp`` say when a secret ought to be used and keep nobody from
reading it; ``enabled`` does.
"""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Iterator
from typing import Any

from modelyard.local.cloud.keyvault import exceptions
from modelyard.local.cloud.keyvault.vaults import address
from modelyard.local.cloud.service import Cloud

COLLECTION = "keyvault.secrets"
LARGEST = 25 * 1024
"""Bytes of one value, in UTF-8."""
NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
DAY = 86400
LEVEL, PROTECTED_LEVEL = "Recoverable+Purgeable", "Recoverable"

Json = dict[str, Any]


class Secrets:
    """All secrets of all vaults. Names compare without case."""

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock

    def set(self, vault: Json, name: str, body: Json) -> Json:
        """A new version; the bundle. Raises VaultError."""
        value = body.get("value")
        if not NAME.fullmatch(name):
            raise exceptions.bad_parameter(f"The request URI contains an invalid name: {name}")
        if not isinstance(value, str):
            raise exceptions.bad_parameter("Property value is required")
        if len(value.encode(errors="replace")) > LARGEST:
            raise exceptions.bad_parameter("Property value is too long: at most 25 KB are allowed")
        attributes = _attributes(body)
        with self._store.lock:
            secret = self._record(vault, name)
            if secret is not None and secret["deleted"]:
                raise exceptions.still_deleted(name)
            secret = secret or {"name": name, "versions": [], "deleted": None}
            now = int(self._clock.time())
            version = {
                "version": random.token_hex(16),
                "value": value,
                "contentType": body.get("contentType"),
                "tags": body.get("tags") or {},
                "attributes": {"enabled": True, **attributes, "created": now, "updated": now},
            }
            secret["versions"].append(version)
            self._save(vault, secret)
        return _bundle(vault, secret, version)

    def get(self, vault: Json, name: str, version: str = "") -> Json:
        """The bundle with the value; the newest version unless one is named. Raises VaultError."""
        secret = self._there(vault, name)
        found = _version(secret, version)
        if not found["attributes"]["enabled"]:
            raise exceptions.disabled()
        return _bundle(vault, secret, found)

    def change(self, vault: Json, name: str, version: str, body: Json) -> Json:
        """Other attributes, content type or tags of a version."""
        attributes = _attributes(body)
        with self._store.lock:
            secret = self._there(vault, name)
            found = _version(secret, version)
            found["attributes"].update(attributes, updated=int(self._clock.time()))
            for key in ("contentType", "tags"):
                if body.get(key) is not None:
                    found[key] = body[key]
            self._save(vault, secret)
        return _bundle(vault, secret, found, value=False)

    def current(self, vault: Json) -> list[Json]:
        """An item for each secret, without a value or a version; by name, as the service sorts."""
        there = [one for one in self._records(vault) if not one["deleted"]]
        there.sort(key=lambda one: str(one["name"]).lower())
        return [_item(vault, one, one["versions"][-1]) for one in there]

    def versions(self, vault: Json, name: str) -> list[Json]:
        """An item for each version of a secret; none where there is no such secret."""
        secret = self._record(vault, name)
        if secret is None or secret["deleted"]:
            return []
        return [_item(vault, secret, one, versioned=True) for one in secret["versions"]]

    def delete(self, vault: Json, name: str) -> Json:
        """Soft: it can be recovered until it is purged, or the vault's retention is over."""
        with self._store.lock:
            secret = self._there(vault, name)
            now = int(self._clock.time())
            days = int(vault["properties"]["softDeleteRetentionInDays"])
            secret["deleted"] = {"deletedDate": now, "scheduledPurgeDate": now + days * DAY}
            self._save(vault, secret)
        return self.deleted(vault, name)

    def deleted(self, vault: Json, name: str) -> Json:
        """The bundle of a deleted secret, without its value."""
        secret = self._gone(vault, name)
        return _deleted(vault, secret, _bundle(vault, secret, secret["versions"][-1], value=False))

    def all_deleted(self, vault: Json) -> list[Json]:
        gone = [one for one in self._records(vault) if one["deleted"]]
        return [_deleted(vault, one, _item(vault, one, one["versions"][-1])) for one in gone]

    def recover(self, vault: Json, name: str) -> Json:
        with self._store.lock:
            secret = self._gone(vault, name)
            secret["deleted"] = None
            self._save(vault, secret)
        return _bundle(vault, secret, secret["versions"][-1], value=False)

    def purge(self, vault: Json, name: str) -> None:
        with self._store.lock:
            secret = self._gone(vault, name)
            if vault["properties"].get("enablePurgeProtection"):
                raise exceptions.purge_protected()
            self._store.delete(COLLECTION, _key(vault, secret["name"]))

    def forget(self, vault: Json) -> None:
        """All secrets of a vault that is no more."""
        for secret in list(self._records(vault)):
            self._store.delete(COLLECTION, _key(vault, secret["name"]))

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _there(self, vault: Json, name: str) -> Json:
        secret = self._record(vault, name)
        if secret is None or secret["deleted"]:
            raise exceptions.secret_not_found(name)
        return secret

    def _gone(self, vault: Json, name: str) -> Json:
        secret = self._record(vault, name)
        if secret is None or not secret["deleted"]:
            raise exceptions.deleted_not_found(name)
        return secret

    def _record(self, vault: Json, name: str) -> Json | None:
        found = self._store.get(COLLECTION, _key(vault, name))
        return None if found is None or self._is_over(found) else found

    def _records(self, vault: Json) -> Iterator[Json]:
        for key, secret in self._store.items(COLLECTION):
            if key.startswith(_key(vault, "")) and not self._is_over(secret):
                yield secret

    def _is_over(self, secret: Json) -> bool:
        """Whether its time to be recovered has passed."""
        deleted = secret["deleted"]
        return deleted is not None and deleted["scheduledPurgeDate"] <= self._clock.time()

    def _save(self, vault: Json, secret: Json) -> None:
        self._store.put(COLLECTION, _key(vault, secret["name"]), secret)


def _key(vault: Json, name: str) -> str:
    return f"{vault['name']}/{name}".lower()


def _version(secret: Json, version: str) -> Json:
    found = [one for one in secret["versions"] if version in ("", one["version"])]
    if not found:
        raise exceptions.secret_not_found(secret["name"], version)
    newest: Json = found[-1]
    return newest


def _attributes(body: Json) -> Json:
    given = body.get("attributes") or {}
    found: Json = {}
    if given.get("enabled") is not None:
        found["enabled"] = bool(given["enabled"])
    for name in ("nbf", "exp"):
        if given.get(name) is not None:
            if not isinstance(given[name], int):
                raise exceptions.bad_parameter(f"Property attributes.{name} has an invalid value")
            found[name] = given[name]
    return found


def _bundle(vault: Json, secret: Json, version: Json, *, value: bool = True) -> Json:
    found = _item(vault, secret, version, versioned=True)
    return {"value": version["value"], **found} if value else found


def _item(vault: Json, secret: Json, version: Json, *, versioned: bool = False) -> Json:
    properties = vault["properties"]
    level = PROTECTED_LEVEL if properties.get("enablePurgeProtection") else LEVEL
    place = f"{address(vault['name'].lower())}/secrets/{secret['name']}"
    found: Json = {
        "id": f"{place}/{version['version']}" if versioned else place,
        "attributes": {
            **version["attributes"],
            "recoveryLevel": level,
            "recoverableDays": properties["softDeleteRetentionInDays"],
        },
        "tags": version["tags"],
    }
    if version["contentType"] is not None:
        found["contentType"] = version["contentType"]
    return found


def _deleted(vault: Json, secret: Json, shown: Json) -> Json:
    recovery = f"{address(vault['name'].lower())}/deletedsecrets/{secret['name']}"
    return {"recoveryId": recovery, **secret["deleted"], **shown}
