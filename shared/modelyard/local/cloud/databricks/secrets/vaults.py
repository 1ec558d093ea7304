"""Secrets of a scope that a key vault holds: read as Azure Databricks' own application, whoever
asks.

Source: Azure Databricks documentation, "Secret management" ("Azure Key Vault-backed scopes").
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.keyvault.access import Access
from modelyard.local.cloud.keyvault.exceptions import VaultError
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import Vaults
from modelyard.local.cloud.service import Cloud


class VaultBackend:
    """The vaults that scopes name."""

    def __init__(self, cloud: Cloud) -> None:
        self._vaults = Vaults(cloud)
        self._secrets = Secrets(cloud)
        self._access = Access(cloud)

    def keys(self, address: str) -> list[dict[str, Any]]:
        """``{key, last_updated_timestamp}`` of each secret that is enabled. Raises ApiError."""
        vault = self._vault(address)
        self._check("list", vault, address)
        return [
            {
                "key": one["id"].rpartition("/")[2],
                "last_updated_timestamp": one["attributes"]["updated"] * 1000,
            }
            for one in self._secrets.current(vault)
            if one["attributes"]["enabled"]
        ]

    def get(self, address: str, key: str) -> bytes | None:
        """The newest value; None when there is no such secret. Raises ApiError."""
        vault = self._vault(address)
        self._check("get", vault, address, key)
        try:
            return str(self._secrets.get(vault, key)["value"]).encode()
        except VaultError as error:
            if error.status == 404:
                return None
            raise _refused(address, error) from None

    def _vault(self, address: str) -> dict[str, Any]:
        host = urlsplit(address).hostname or ""
        vault = self._vaults.find(host.partition(".")[0])
        if vault is None:
            raise exceptions.invalid_state(
                f"Databricks could not access keyvault: {address}. Wrapped message: {host}: Name "
                "or service not known"
            )
        return vault

    def _check(self, permission: str, vault: dict[str, Any], address: str, key: str = "") -> None:
        try:
            self._access.check(self._access.databricks, permission, vault, key)
        except VaultError as error:
            raise _refused(address, error) from None


def _refused(address: str, error: VaultError) -> exceptions.ApiError:
    return exceptions.forbidden(
        f"Invalid permissions on the specified KeyVault {address}. Wrapped Message: Status code "
        f"{error.status}, {json.dumps(error.body())}"
    )
