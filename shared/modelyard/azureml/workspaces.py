"""Workspaces: looked up, or created with what they need in one deployment.

Source: Azure REST reference, "Deployments"; learn.microsoft.com, "Use an Azure Resource Manager
template to create a workspace".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from modelyard.azure import long_running
from modelyard.azure.long_running import DONE, FAILED, OperationFailed
from modelyard.azureml import connection, studio
from modelyard.azureml.advice import advice
from modelyard.azureml.connection import Place
from modelyard.errors import InputError, NotFound, NotTheService, ServiceError
from modelyard.http import Session

DEPLOYMENTS = {"api-version": "2022-09-01"}
GROUPS = {"api-version": "2022-09-01"}
TIMEOUT = 1800.0
_API = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*\.api(\.azureml\.ms|\.ml\.azure\.(us|cn))")
"""Hosts that may see a token: the API of a region, in each of Azure's clouds."""


@dataclass(frozen=True)
class AzureMLWorkspace:
    """A workspace as Resource Manager knows it."""

    id: str
    location: str
    tracking_uri: str
    """For MLflow."""
    tags: Mapping[str, str]
    discovery_url: str = ""
    """Leads to the API of its region."""

    @property
    def studio_url(self) -> str:
        """Its page in Azure ML studio."""
        return studio.home(self.id, self.discovery_url)


def find(session: Session, place: Place) -> AzureMLWorkspace | None:
    """The workspace, or None.

    :raises ServiceError: when it is there but not usable.
    """
    body = connection.find(session, place.path)
    if body is None:
        return None
    properties = body.get("properties") or {}
    state = str(properties.get("provisioningState") or DONE)
    if state in FAILED:
        raise ServiceError(
            f"the workspace {place.workspace} exists, but its provisioning state is {state}",
            cause="an earlier attempt to create it didn't end well",
            fix="delete it in the portal, or look there for what is missing, then try again",
        )
    return AzureMLWorkspace(
        id=str(body["id"]),
        location=str(body.get("location", "")),
        tracking_uri=str(properties.get("mlFlowTrackingUri", "")),
        tags=body.get("tags") or {},
        discovery_url=str(properties.get("discoveryUrl", "")),
    )


def require(session: Session, place: Place) -> AzureMLWorkspace:
    """The workspace.

    :raises NotFound: when there is none.
    """
    found = find(session, place)
    if found is None:
        raise NotFound(
            f"there is no workspace {place.workspace} in the resource group {place.group}",
            fix="check both names and the subscription, or create it with aml-workspace",
        )
    return found


def api_address(discovery_url: str) -> str:
    """Where a workspace's region answers, from the workspace's own address for that.

    :raises NotTheService: for an address that isn't Azure ML's, which gets no token.
    """
    parts = urlsplit(discovery_url)
    address = f"{parts.scheme}://{parts.netloc}"
    if not _API.fullmatch(address):
        raise NotTheService(f"the workspace's discoveryUrl is {address}, which isn't Azure ML's")
    return address


def group_location(session: Session, place: Place) -> str | None:
    """Where the resource group is; None when there is none."""
    body = connection.find(session, place.group_path)
    return None if body is None else str(body["location"])


def create_group(session: Session, place: Place, location: str) -> None:
    """Create the resource group."""
    session.json("PUT", place.group_path, params=GROUPS, body={"location": location})


def create(
    session: Session, place: Place, *, location: str, tags: Mapping[str, str]
) -> AzureMLWorkspace:
    """Create the workspace with a storage account, a key vault and Application Insights.

    One deployment: run again after a failure it makes what is missing.

    :raises ServiceError: with Azure's causes.
    """
    path = (
        f"{place.group_path}/providers/Microsoft.Resources/deployments/modelyard-{place.workspace}"
    )
    properties = {
        "mode": "Incremental",
        "template": _template(),
        "parameters": {
            "name": {"value": place.workspace},
            "stem": {"value": _stem(place.workspace)},
            "location": {"value": location},
            "tags": {"value": dict(tags)},
        },
    }
    try:
        long_running.change(
            session,
            "PUT",
            path,
            {"properties": properties},
            what=f"workspace {place.workspace}",
            timeout=TIMEOUT,
            version=DEPLOYMENTS,
        )
    except OperationFailed as error:
        cause, fix = advice(error.causes)
        raise ServiceError(error.what, code=error.code, cause=cause, fix=fix) from None
    made = find(session, place)
    if made is None:
        raise ServiceError(f"the deployment succeeded, but there is no {place.workspace}")
    return made


def _stem(name: str) -> str:
    """Storage accounts take up to 24 small letters and digits; 13 of them are the hash's."""
    stem = re.sub("[^a-z0-9]", "", name.lower())[:9]
    if not stem:
        raise InputError(f"the workspace's name {name!r} has no letter or digit")
    return stem if stem[0].isalpha() else f"w{stem[:8]}"


def _template() -> dict[str, Any]:
    kinds = {
        "storage": ("Microsoft.Storage/storageAccounts", "2023-01-01"),
        "vault": ("Microsoft.KeyVault/vaults", "2023-07-01"),
        "logs": ("Microsoft.OperationalInsights/workspaces", "2022-10-01"),
        "insights": ("Microsoft.Insights/components", "2020-02-02"),
    }
    ids = {one: f"resourceId('{kind}', variables('{one}'))" for one, (kind, _) in kinds.items()}

    def resource(one: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
        kind, version = kinds[one]
        return {
            "type": kind,
            "apiVersion": version,
            "name": f"[variables('{one}')]",
            "location": "[parameters('location')]",
            "tags": "[parameters('tags')]",
            "properties": properties,
            **more,
        }

    unique = "uniqueString(resourceGroup().id, parameters('name'))"
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
        "deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            **{one: {"type": "string"} for one in ("name", "stem", "location")},
            "tags": {"type": "object"},
        },
        "variables": {
            "storage": f"[concat(parameters('stem'), 'sa', {unique})]",
            "vault": f"[concat(parameters('stem'), 'kv', {unique})]",
            "logs": f"[concat(parameters('stem'), 'la', {unique})]",
            "insights": f"[concat(parameters('stem'), 'ai', {unique})]",
        },
        "resources": [
            resource(
                "storage",
                {
                    "minimumTlsVersion": "TLS1_2",
                    "supportsHttpsTrafficOnly": True,
                    "allowBlobPublicAccess": False,
                },
                kind="StorageV2",
                sku={"name": "Standard_LRS"},
            ),
            resource(
                "vault",
                {
                    "tenantId": "[subscription().tenantId]",
                    "sku": {"family": "A", "name": "standard"},
                    "accessPolicies": [],
                    "enableRbacAuthorization": True,
                },
            ),
            resource("logs", {}),
            resource(
                "insights",
                {"Application_Type": "web", "WorkspaceResourceId": f"[{ids['logs']}]"},
                kind="web",
                dependsOn=[f"[{ids['logs']}]"],
            ),
            {
                "type": "Microsoft.MachineLearningServices/workspaces",
                "apiVersion": connection.VERSION["api-version"],
                "name": "[parameters('name')]",
                "location": "[parameters('location')]",
                "tags": "[parameters('tags')]",
                "identity": {"type": "SystemAssigned"},
                "dependsOn": [f"[{ids[one]}]" for one in ("storage", "vault", "insights")],
                "properties": {
                    "friendlyName": "[parameters('name')]",
                    "storageAccount": f"[{ids['storage']}]",
                    "keyVault": f"[{ids['vault']}]",
                    "applicationInsights": f"[{ids['insights']}]",
                },
            },
        ],
    }
