"""Secret scopes: the scope itself, its keys, and who may do what with it.

Values go in and never come out: no API reads them, so nobody can tell whether one changed.

Source: docs.databricks.com/api/azure, "Secrets" (``/api/2.0/secrets``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.errors import (
    AlreadyExists,
    Ambiguous,
    InputError,
    NotFound,
    PermissionDenied,
    ServiceError,
)
from modelyard.http import Session

DATABRICKS = "DATABRICKS"
KEY_VAULT = "AZURE_KEYVAULT"
PERMISSIONS = ("READ", "WRITE", "MANAGE")
LARGEST = 128 * 1024
"""Bytes of one value, in UTF-8."""
_SCOPE = re.compile(r"[A-Za-z0-9_.@-]{1,128}")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_VAULT_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/([^/]+)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class KeyVault:
    """The vault behind a scope."""

    resource_id: str
    dns_name: str

    def same(self, other: KeyVault) -> bool:
        """Azure ignores upper and lower case in both."""

        def plain(vault: KeyVault) -> tuple[str, ...]:
            return tuple(
                text.strip().rstrip("/").lower() for text in (vault.resource_id, vault.dns_name)
            )

        return plain(self) == plain(other)

    def __str__(self) -> str:
        return f"{self.resource_id} ({self.dns_name})"


@dataclass(frozen=True)
class Scope:
    """A secret scope. Without a vault it is Databricks' own."""

    name: str
    vault: KeyVault | None = None

    @property
    def backend(self) -> str:
        """How a message calls it."""
        return f"backed by the key vault {self.vault}" if self.vault else "Databricks' own"


def vault_name(resource_id: str) -> str:
    """The name of the vault that has this Azure resource id; empty when it is no such id."""
    found = _VAULT_ID.fullmatch(resource_id.strip())
    return found.group(1) if found else ""


def check_scope_name(name: str) -> None:
    """:raises InputError: when no scope may be called so."""
    if not _SCOPE.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a secret scope: letters, digits, - _ . and @, at most 128"
        )


def check_key(key: str) -> None:
    """:raises InputError: when no secret may be called so."""
    if not _KEY.fullmatch(key):
        raise InputError(f"{key!r} is no name of a secret: letters, digits, - _ and ., at most 128")


def find_scope(session: Session, name: str) -> Scope | None:
    """The scope of exactly this name, or None.

    :raises Ambiguous: when the service lists it twice.
    """
    scopes = session.get("/api/2.0/secrets/scopes/list").get("scopes", [])
    found = [one for one in scopes if one.get("name") == name]
    if len(found) > 1:
        raise Ambiguous(f"the workspace lists {len(found)} secret scopes named {name}")
    if not found:
        return None
    if found[0].get("backend_type", DATABRICKS) == DATABRICKS:
        return Scope(name)
    metadata = found[0].get("keyvault_metadata") or {}
    vault = KeyVault(str(metadata.get("resource_id", "")), str(metadata.get("dns_name", "")))
    return Scope(name, vault)


def check_same(found: Scope, asked: Scope) -> None:
    """See that the scope that exists is the one asked for: its backend can't be changed.

    :raises AlreadyExists: when it isn't.
    """
    same = (
        found.vault.same(asked.vault) if found.vault and asked.vault else found.vault == asked.vault
    )
    if not same:
        raise AlreadyExists(
            f"the secret scope {found.name} exists and is {found.backend}, "
            f"but {asked.backend} was asked for",
            cause="the backend of a scope can't be changed",
            fix="choose another name, or delete the scope (its secrets go with it)",
        )


def create_scope(session: Session, scope: Scope, *, manager: str = "") -> None:
    """Create the scope; what a lost answer left behind, or somebody else made just now, will do
    when it is the same.

    :param manager: who gets MANAGE in place of the caller; Databricks knows only ``users``.
    :raises AlreadyExists: when it was made meanwhile with another backend.
    :raises PermissionDenied: when a key vault is asked for without a Microsoft Entra identity.
    """
    body: dict[str, object] = {"scope": scope.name, "scope_backend_type": DATABRICKS}
    if scope.vault is not None:
        body["scope_backend_type"] = KEY_VAULT
        body["backend_azure_keyvault"] = {
            "resource_id": scope.vault.resource_id,
            "dns_name": scope.vault.dns_name,
        }
    if manager:
        body["initial_manage_principal"] = manager
    try:
        session.post("/api/2.0/secrets/scopes/create", body, repeatable=True)
    except AlreadyExists:
        found = find_scope(session, scope.name)
        if found is None:
            raise
        check_same(found, scope)
    except ServiceError as error:
        if "userAADToken" not in error.what:
            raise
        raise PermissionDenied(
            error.what,
            status=error.status,
            code=error.code,
            cause="a scope on a key vault can't be made with a Databricks access token",
            fix="leave token unset and sign in with azure-tenant-id, azure-client-id and "
            "azure-client-secret of an identity that may change the vault's access",
        ) from None


def keys(session: Session, scope: str) -> list[str]:
    """The keys in the scope, without their values."""
    found = session.get("/api/2.0/secrets/list", {"scope": scope}).get("secrets", [])
    return sorted(str(one.get("key", "")) for one in found)


def put(session: Session, scope: str, key: str, value: str) -> None:
    """Set a secret, whether it exists or not."""
    body = {"scope": scope, "key": key, "string_value": value}
    session.post("/api/2.0/secrets/put", body, repeatable=True)


def delete(session: Session, scope: str, key: str) -> None:
    """Delete a secret. No error when it is gone already."""
    try:
        session.post("/api/2.0/secrets/delete", {"scope": scope, "key": key}, repeatable=True)
    except NotFound:
        return


def permissions(session: Session, scope: str) -> Mapping[str, str]:
    """Permission by principal. Only who has MANAGE may ask."""
    found = session.get("/api/2.0/secrets/acls/list", {"scope": scope}).get("items", [])
    return {str(one.get("principal", "")): str(one.get("permission", "")) for one in found}


def permit(session: Session, scope: str, principal: str, permission: str) -> None:
    """Give a user, group or service principal this permission, in place of any other."""
    body = {"scope": scope, "principal": principal, "permission": permission}
    session.post("/api/2.0/secrets/acls/put", body, repeatable=True)
