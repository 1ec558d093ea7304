"""The public Azure cloud and the sovereign ones: where each signs in, and what it has where.

Source: learn.microsoft.com, "National clouds" (token endpoints), "Configure an app to trust an
external identity provider" (audiences), "Azure Government developer guide" and "Azure China
developer guide" (hosts of Resource Manager, Databricks and storage); Azure/azure-cli at 004224f7,
``azure/cli/core/cloud.py`` (login servers of registries).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from modelyard.errors import InputError


@dataclass(frozen=True)
class AzureCloud:
    """One of them. They share no accounts: a tenant is in exactly one."""

    name: str
    """As in Terraform's ARM_ENVIRONMENT."""
    connection_name: str
    """As a service connection of Azure Pipelines has it."""
    authority: str
    """Host of Microsoft Entra."""
    resource_manager: str
    """Address of Resource Manager, and the resource that its tokens are for."""
    databricks_domain: str
    """What the host name of a Databricks workspace ends with."""
    vault_domain: str
    """What the host name of a key vault ends with, after its name and a dot."""
    storage_domain: str
    """What the host name of a storage account ends with, after its name, the service and a dot."""
    registry_domain: str
    """What the login server of a container registry ends with, after its name and a dot."""
    exchange_audience: str
    """Whom an identity token of a CI system must be meant for to be taken in place of a secret."""

    @property
    def vault_resource(self) -> str:
        """The resource that tokens for its key vaults are for."""
        return f"https://{self.vault_domain}"


PUBLIC = AzureCloud(
    name="public",
    connection_name="AzureCloud",
    authority="login.microsoftonline.com",
    resource_manager="https://management.azure.com",
    databricks_domain=".azuredatabricks.net",
    vault_domain="vault.azure.net",
    storage_domain="core.windows.net",
    registry_domain="azurecr.io",
    exchange_audience="api://AzureADTokenExchange",
)
US_GOVERNMENT = AzureCloud(
    name="usgovernment",
    connection_name="AzureUSGovernment",
    authority="login.microsoftonline.us",
    resource_manager="https://management.usgovcloudapi.net",
    databricks_domain=".databricks.azure.us",
    vault_domain="vault.usgovcloudapi.net",
    storage_domain="core.usgovcloudapi.net",
    registry_domain="azurecr.us",
    exchange_audience="api://AzureADTokenExchangeUSGov",
)
CHINA = AzureCloud(
    name="china",
    connection_name="AzureChinaCloud",
    authority="login.chinacloudapi.cn",
    resource_manager="https://management.chinacloudapi.cn",
    databricks_domain=".databricks.azure.cn",
    vault_domain="vault.azure.cn",
    storage_domain="core.chinacloudapi.cn",
    registry_domain="azurecr.cn",
    exchange_audience="api://AzureADTokenExchangeChina",
)
CLOUDS = (PUBLIC, US_GOVERNMENT, CHINA)
NAMES = tuple(cloud.name for cloud in CLOUDS)


def by_name(name: str) -> AzureCloud:
    """:raises KeyError: for a name that isn't in NAMES."""
    return {cloud.name: cloud for cloud in CLOUDS}[name]


def of_connection(environment: str) -> AzureCloud:
    """The cloud of a service connection; one that doesn't say is of the public cloud.

    :raises InputError: for a cloud that isn't known here (Azure Stack is none of them).
    """
    for cloud in CLOUDS:
        if environment.lower() == cloud.connection_name.lower():
            return cloud
    if not environment:
        return PUBLIC
    known = ", ".join(cloud.connection_name for cloud in CLOUDS)
    raise InputError(
        f"the service connection is of the cloud {environment}, not one of {known}",
        fix="use a service connection of one of these clouds",
    )


def of_workspace(url: str) -> AzureCloud | None:
    """The cloud that a workspace's address belongs to; None where it doesn't tell."""
    host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    return next((one for one in CLOUDS if host.endswith(one.databricks_domain)), None)
