"""The same as a Bicep file: with a managed identity in place of an application.

An identity of Resource Manager needs no rights in Microsoft Entra to be made, only in its resource
group; it signs in from CI in the same way. Its client id is an output.

Source: learn.microsoft.com, Bicep reference, "Microsoft.ManagedIdentity/userAssignedIdentities",
".../federatedIdentityCredentials" and "Microsoft.Authorization/roleAssignments"; "Azure built-in
roles".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from modelyard.project import folders
from modelyard.project.folders import Folder
from modelyard.project.roles import Role
from modelyard.project.tenant import PRINCIPAL, Federation, Tenant

ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}
"""Ids of the built-in roles that projects of this kind need, the same in every tenant."""
_VERSIONS = {
    "microsoft.containerregistry/registries": "2023-07-01",
    "microsoft.databricks/workspaces": "2024-05-01",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.machinelearningservices/workspaces": "2024-10-01",
    "microsoft.storage/storageaccounts": "2023-05-01",
}
_GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/([^/]+)", re.IGNORECASE)
_RESOURCE = re.compile(_GROUP.pattern + r"/providers/([^/]+/[^/]+)/([^/]+)", re.IGNORECASE)


def text(tenant: Tenant, federations: Sequence[Federation]) -> str:
    """The file, for a deployment into the resource group that the roles are for."""
    body = (*_head(tenant), *_trust(federations), *_roles(tenant.roles), *_folders(tenant.folders))
    return "\n".join([*body, *_end()])


def _head(tenant: Tenant) -> Iterator[str]:
    yield "// az deployment group create --resource-group GROUP --template-file THIS-FILE"
    yield "param location string = resourceGroup().location"
    yield ""
    yield "resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {"
    yield f"  name: {_quoted(tenant.application or 'modelyard')}"
    yield "  location: location"
    yield "}"


def _trust(federations: Sequence[Federation]) -> Iterator[str]:
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    for at, one in enumerate(federations):
        yield ""
        yield f"resource trust{at} '{kind}@2023-01-31' = {{"
        yield "  parent: identity"
        yield f"  name: {_quoted(one.name)}"
        yield "  properties: {"
        yield f"    issuer: {_quoted(one.issuer)}"
        yield f"    subject: {_quoted(one.subject)}"
        yield f"    audiences: [{_quoted(one.audience)}]"
        yield "  }"
        if at:  # the service makes only one of them at a time
            yield f"  dependsOn: [trust{at - 1}]"
        yield "}"


def _roles(roles: Sequence[Role]) -> Iterator[str]:
    for at, role in enumerate(roles):
        yield ""
        group, resource = _GROUP.fullmatch(role.scope), _RESOURCE.fullmatch(role.scope)
        version = _VERSIONS.get(resource[2].lower()) if resource else None
        if role.name not in ROLES or not (group or version):
            yield f"// not in this file: {role.name} on {role.scope}; use az role assignment create"
            continue
        scope = "resourceGroup()"
        if resource:
            scope = f"scope{at}"
            yield f"resource {scope} '{resource[2]}@{version}' existing = {{"
            yield f"  name: {_quoted(resource[3])}"
            yield "}"
            yield ""
        yield f"resource role{at} 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{"
        yield f"  name: guid({_quoted(role.scope)}, identity.id, {_quoted(role.name)})"
        yield f"  scope: {scope}"
        yield "  properties: {"
        yield "    principalId: identity.properties.principalId"
        yield "    principalType: 'ServicePrincipal'"
        identifier = _quoted(ROLES[role.name])
        kind = "'Microsoft.Authorization/roleDefinitions'"
        yield f"    roleDefinitionId: subscriptionResourceId({kind}, {identifier})"
        yield "  }"
        yield "}"


def _folders(given: Sequence[Folder]) -> Iterator[str]:
    """As commands: Resource Manager knows no access control lists of folders."""
    for folder in given:
        yield ""
        yield f"// not in this file: {folder.rights} on {folder.name}"
        yield f"// {PRINCIPAL} is the output principalId"
        yield from (f"// {line}" for line in folders.by_hand(folder, PRINCIPAL))


def _end() -> Iterator[str]:
    yield ""
    yield "output clientId string = identity.properties.clientId"
    yield "output principalId string = identity.properties.principalId"
    yield ""


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return f"'{escaped}'"
