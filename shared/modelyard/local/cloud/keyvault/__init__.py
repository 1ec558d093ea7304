"""Key Vault: the secrets of vaults (``*.vault.azure.net``), and the vaults in Resource Manager.

Source: learn.microsoft.com, Key Vault REST reference ("Secrets", "Vaults", "REST API error codes")
and "About Azure Key Vault secrets". Keys and certificates aren't there.
"""

from __future__ import annotations

from modelyard.local.cloud.keyvault.urls import KeyVaultService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return KeyVaultService(cloud)
