"""Roles that the application gets in Azure: what the file says of them, and the command.

Source: learn.microsoft.com, "Understand scope for Azure RBAC" and "Assign Azure roles using Azure
CLI".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.project.fields import Section

KEYS = ("role", "scope")
_PART = r"(?!\.+(?:/|$))[^/]+"
_GROUP = re.compile(
    rf"(?P<id>/subscriptions/(?P<subscription>{_PART})/resourceGroups/(?P<name>{_PART}))(/.*)?",
    re.IGNORECASE,
)
_RESOURCE = re.compile(
    rf"/subscriptions/{_PART}/resourceGroups/{_PART}"
    rf"/providers/(?P<kind>{_PART}/{_PART})/(?P<name>{_PART})(?P<within>(/{_PART}/{_PART})*)",
    re.IGNORECASE,
)
_SCOPES = (
    re.compile(rf"/providers/Microsoft\.Management/managementGroups/{_PART}", re.IGNORECASE),
    re.compile(rf"/subscriptions/{_PART}(/resourceGroups/{_PART})?", re.IGNORECASE),
    _RESOURCE,
)
"""Of a management group; a subscription or resource group; a resource."""


@dataclass(frozen=True)
class Group:
    """A resource group."""

    identifier: str
    """``/subscriptions/ID/resourceGroups/NAME``."""
    subscription: str
    name: str

    def is_same(self, other: Group | None) -> bool:
        """Azure's names count without case."""
        return other is not None and self.identifier.lower() == other.identifier.lower()


@dataclass(frozen=True)
class Resource:
    """A resource of a group."""

    kind: str
    """``Microsoft.KeyVault/vaults``."""
    name: str


@dataclass(frozen=True)
class Role:
    """A role assignment."""

    name: str
    scope: str
    """Resource id of what it is for: ``/subscriptions/...``."""

    @property
    def known_as(self) -> str:
        """What no other role of the file may be, in any case; empty where a part is missing."""
        return f"{self.name} on {self.scope}".lower() if self.name and self.scope else ""

    @property
    def group(self) -> Group | None:
        """The resource group that the scope is, or is in."""
        found = _GROUP.fullmatch(self.scope)
        return Group(found["id"], found["subscription"], found["name"]) if found else None

    @property
    def is_for_group(self) -> bool:
        """Whether it is for all of its resource group."""
        return self.group is not None and self.group.identifier == self.scope

    @property
    def resource(self) -> Resource | None:
        """The resource that the scope is; None for a part of one, too."""
        found = _RESOURCE.fullmatch(self.scope)
        return Resource(found["kind"], found["name"]) if found and not found["within"] else None


def read(section: Section) -> Role:
    """One of the list."""
    scope = section.line("scope", required=True)
    found = Role(section.line("role", required=True), scope.rstrip("/"))
    if scope and not any(one.fullmatch(found.scope) for one in _SCOPES):
        section.wrong(
            "scope",
            f"is {scope}, which no role can be for: write /subscriptions/ID, "
            "/subscriptions/ID/resourceGroups/NAME, the id of a resource in one, or "
            "/providers/Microsoft.Management/managementGroups/NAME",
        )
    return found


def command(role: Role, assignee: str) -> tuple[str, ...]:
    """Gives a role.

    By the object id, and with its type: Microsoft Entra may not find a new principal for a while.

    :param assignee: object id of a service principal.
    """
    return (
        *("az", "role", "assignment", "create", "--assignee-object-id", assignee),
        *("--assignee-principal-type", "ServicePrincipal"),
        *("--role", role.name, "--scope", role.scope),
    )
