"""Secret scopes with their secrets and permissions.

A scope of backend AZURE_KEYVAULT is a name for a vault: its secrets are the vault's, so nothing can
be put into it here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.secrets.vaults import VaultBackend
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER, Principal

COLLECTION = "databricks.secret_scopes"
NAME = re.compile(r"[A-Za-z0-9_.@/-]{1,128}")
VALUE_LIMIT = 128 * 1024
EVERYBODY = "users"
LEVELS = {"READ": 1, "WRITE": 2, "MANAGE": 3}

Scope = dict[str, Any]


class Secrets:
    """Every call is made by somebody, who must have the permission. The owner of the workspace
    is its administrator and may do everything."""

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self._locked = cloud.store.lock
        self._vaults = VaultBackend(cloud)

    def create_scope(
        self,
        name: str,
        principal: Principal,
        everybody: bool,
        vault: dict[str, str] | None,
    ) -> None:
        """``vault`` (``resource_id``, ``dns_name``) makes it a scope of backend AZURE_KEYVAULT."""
        _check_name("Scope name", name)
        if vault is not None and principal.token_id is not None:
            # The service reads the vault as the caller, which a personal access token can't do.
            raise exceptions.ApiError(
                400,
                "BAD_REQUEST",
                "Scope with Azure KeyVault must have userAADToken defined!",
            )
        with self._locked:
            if self._store.get(COLLECTION, name) is not None:
                raise exceptions.already_exists(f"Scope {name} already exists!")
            manager = EVERYBODY if everybody else principal.name
            scope: Scope = {
                "name": name,
                "backend_type": "DATABRICKS" if vault is None else "AZURE_KEYVAULT",
                "keyvault_metadata": vault,
                "secrets": {},
                "acls": {manager: "MANAGE"},
            }
            self._store.put(COLLECTION, name, scope)

    def scopes(self) -> list[Scope]:
        return [scope for _, scope in self._store.items(COLLECTION)]

    def delete_scope(self, name: str, principal: Principal) -> None:
        self._scope(name, principal, "MANAGE")
        self._store.delete(COLLECTION, name)

    def put(self, name: str, key: str, value: bytes, principal: Principal) -> None:
        _check_name("Secret key", key)
        if len(value) > VALUE_LIMIT:
            raise exceptions.ApiError(
                400, "RESOURCE_LIMIT_EXCEEDED", f"A secret may have at most {VALUE_LIMIT} bytes"
            )

        def change(scope: Scope) -> None:
            scope["secrets"][key] = {
                "value": base64.b64encode(value).decode(),
                "last_updated_timestamp": int(self._clock.time() * 1000),
            }

        self._change(name, principal, "WRITE", change, own_backend=True)

    def keys(self, name: str, principal: Principal) -> list[dict[str, Any]]:
        """``{key, last_updated_timestamp}`` of each secret, sorted."""
        scope = self._scope(name, principal, "READ")
        if scope["keyvault_metadata"] is not None:
            return self._vaults.keys(scope["keyvault_metadata"]["dns_name"])
        return [
            {"key": key, "last_updated_timestamp": secret["last_updated_timestamp"]}
            for key, secret in sorted(scope["secrets"].items())
        ]

    def get(self, name: str, key: str, principal: Principal) -> bytes:
        scope = self._scope(name, principal, "READ")
        if scope["keyvault_metadata"] is not None:
            value = self._vaults.get(scope["keyvault_metadata"]["dns_name"], key)
        else:
            secret = scope["secrets"].get(key)
            value = None if secret is None else base64.b64decode(secret["value"])
        if value is None:
            raise _no_secret(name, key)
        return value

    def delete(self, name: str, key: str, principal: Principal) -> None:
        def change(scope: Scope) -> None:
            if scope["secrets"].pop(key, None) is None:
                raise _no_secret(name, key)

        self._change(name, principal, "WRITE", change, own_backend=True)

    def put_acl(self, name: str, who: str, permission: str, principal: Principal) -> None:
        if permission not in LEVELS:
            raise exceptions.invalid_parameter(
                f"Unknown permission {permission}. Use one of {', '.join(LEVELS)}."
            )
        self._change(
            name, principal, "MANAGE", lambda scope: scope["acls"].update({who: permission})
        )

    def acls(self, name: str, principal: Principal) -> dict[str, str]:
        """Permission by principal."""
        acls: dict[str, str] = self._scope(name, principal, "MANAGE")["acls"]
        return acls

    def delete_acl(self, name: str, who: str, principal: Principal) -> None:
        def change(scope: Scope) -> None:
            if scope["acls"].pop(who, None) is None:
                raise no_acl(name, who)

        self._change(name, principal, "MANAGE", change)

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _scope(self, name: str, principal: Principal, needed: str) -> Scope:
        scope = self._store.get(COLLECTION, name)
        if scope is None:
            raise exceptions.does_not_exist(f"Scope {name} does not exist!")
        granted = [scope["acls"].get(who) for who in (principal.name, EVERYBODY)]
        level = max((LEVELS[permission] for permission in granted if permission), default=0)
        if principal.name != OWNER and level < LEVELS[needed]:
            raise exceptions.forbidden(
                f"{principal.name} does not have {needed} permission on scope {name}"
            )
        return scope

    def _change(
        self,
        name: str,
        principal: Principal,
        needed: str,
        change: Callable[[Scope], None],
        own_backend: bool = False,
    ) -> None:
        with self._locked:
            scope = self._scope(name, principal, needed)
            if own_backend and scope["backend_type"] != "DATABRICKS":
                raise exceptions.ApiError(
                    400,
                    "BAD_REQUEST",
                    f"Cannot write secrets to Azure KeyVault-backed scope {name}",
                )
            change(scope)
            self._store.put(COLLECTION, name, scope)


def no_acl(name: str, who: str) -> exceptions.ApiError:
    return exceptions.does_not_exist(
        f"Failed to get secret acl for principal {who} for scope {name}."
    )


def _no_secret(name: str, key: str) -> exceptions.ApiError:
    return exceptions.does_not_exist(f"Secret does not exist with scope: {name} and key: {key}")


def _check_name(what: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise exceptions.invalid_parameter(
            f"{what} can only contain alphanumeric characters, dashes, underscores, periods, @ and "
            "/, and must have 1 to 128 of them"
        )
