"""The same as a Bicep file: with a managed identity in place of an application.

An identity of Resource Manager needs no rights in Microsoft Entra to be made, only in its resource
group; it signs in from CI in the same way. Its client id is an output.

Source: learn.microsoft.com, Bicep reference, "Microsoft.ManagedIdentity/userAssignedIdentities",
".../federatedIdentityCredentials" and "Microsoft.Authorization/roleAssignments"; "Azure built-in
roles"; "Bicep diagnostic code - BCP139" (a resource is of the group that is deployed into); "Flow
control functions for Bicep" (``fail``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from modelyard.project import folders, roles
from modelyard.project.folders import Folder
from modelyard.project.roles import Group, Role
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
_COMMAND = ("az", "deployment", "group", "create")
BEGINNING = f"// {shlex.join(_COMMAND)} "
"""Of every such file."""
_VERSIONS = {
    "microsoft.containerregistry/registries": "2023-07-01",
    "microsoft.databricks/workspaces": "2024-05-01",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.machinelearningservices/workspaces": "2024-10-01",
    "microsoft.storage/storageaccounts": "2023-05-01",
}


def text(tenant: Tenant, federations: Sequence[Federation]) -> str:
    """The file, for a deployment into one resource group: that of the first role that it can give.

    A file gives rights only in the group that it is deployed into. So roles elsewhere are commands
    in it, and deployed into another group it fails before it makes anything.
    """
    able = [role for role in tenant.roles if _is_able(role)]
    group = able[0].group if able else None
    inside = [role for role in able if group and group.is_same(role.group)]
    by_hand = [role for role in tenant.roles if role not in inside]
    return "\n".join(
        (
            *_head(tenant, group),
            *_trust(federations),
            *_roles(inside),
            *_by_hand(by_hand, tenant.folders),
            *_end(),
        )
    )


def _is_able(role: Role) -> bool:
    """Whether a file for the group of the role can give it."""
    known = role.resource is not None and role.resource.kind.lower() in _VERSIONS
    return _role_id(role) is not None and (role.is_for_group or known)


def _role_id(role: Role) -> str | None:
    """Azure's names of roles have no case."""
    return next((one for name, one in ROLES.items() if name.lower() == role.name.lower()), None)


def _identity_name(application: str) -> str:
    """The application's, as far as an identity can have it: 3 to 128 letters, digits, - and _."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", application).strip("-_")[:128]
    return name if len(name) >= 3 else "modelyard"


def _head(tenant: Tenant, group: Group | None) -> Iterator[str]:
    subscription = group.subscription if group else tenant.subscription_id
    command = (
        *_COMMAND,
        *(("--subscription", subscription) if subscription else ()),
        *("--resource-group", group.name if group else "GROUP", "--template-file", "THIS-FILE"),
    )
    yield _comment(shlex.join(command))
    yield "param location string = resourceGroup().location"
    name = _quoted(_identity_name(tenant.application))
    if group:
        yield f"var isMeant = toLower(resourceGroup().id) == {_quoted(group.identifier.lower())}"
        meant = f"this file is for {group.identifier} alone"
        name = f"isMeant ? {name} : fail({_quoted(meant)})"
    yield ""
    yield "resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {"
    yield f"  name: {name}"
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


def _roles(given: Sequence[Role]) -> Iterator[str]:
    """Those of the group that the file is deployed into."""
    for at, role in enumerate(given):
        yield ""
        scope = "resourceGroup()"
        if role.resource:
            scope = f"scope{at}"
            version = _VERSIONS[role.resource.kind.lower()]
            yield f"resource {scope} '{role.resource.kind}@{version}' existing = {{"
            yield f"  name: {_quoted(role.resource.name)}"
            yield "}"
            yield ""
        yield f"resource role{at} 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{"
        yield f"  name: guid({_quoted(role.scope)}, identity.id, {_quoted(role.name)})"
        yield f"  scope: {scope}"
        yield "  properties: {"
        yield "    principalId: identity.properties.principalId"
        yield "    principalType: 'ServicePrincipal'"
        identifier = _quoted(_role_id(role) or "")
        kind = "'Microsoft.Authorization/roleDefinitions'"
        yield f"    roleDefinitionId: subscriptionResourceId({kind}, {identifier})"
        yield "  }"
        yield "}"


def _by_hand(given: Sequence[Role], lake: Sequence[Folder]) -> Iterator[str]:
    """The rest as commands: roles elsewhere or that the file doesn't know, and access control
    lists of folders, which Resource Manager doesn't know."""
    if not given and not lake:
        return
    yield ""
    yield _comment(f"not in this file, with the output principalId in place of {PRINCIPAL}:")
    for role in given:
        yield _comment(shlex.join(roles.command(role, PRINCIPAL)))
    yield from map(_comment, folders.by_hand(lake, PRINCIPAL))


def _end() -> Iterator[str]:
    yield ""
    yield "output clientId string = identity.properties.clientId"
    yield "output principalId string = identity.properties.principalId"
    yield ""


def _quoted(value: str) -> str:
    escaped = _plain(value).replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return f"'{escaped}'"


def _comment(line: str) -> str:
    return f"// {_plain(line)}"


def _plain(line: str) -> str:
    """Nothing that ends a line: what comes after it would be Bicep."""
    return "".join(one if one.isprintable() else "?" for one in line)
