"""Which workspaces the inputs allow to touch: one list for Databricks and for Azure ML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from modelyard.account_errors import WorkspaceNotAllowed
from modelyard.azureml.connection import PROVIDER, Place, is_workspace_name
from modelyard.databricks.connection import workspace_base
from modelyard.errors import InputError
from modelyard.operation import given

NAME = "allowed-workspaces"
_ID = re.compile(
    rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(PROVIDER)}/workspaces/[^/]+",
    re.IGNORECASE,
)
_PORTAL = re.compile(
    r".*/subscriptions/|(https?://)?([\w-]+\.)*(ai|ml|portal)\.azure\.(com|us|cn)(?![\w.-])",
    re.IGNORECASE,
)
"""Pages of the studio and the portal: they show a workspace and aren't one's address."""


def guard(group: str) -> Any:
    """Declares the input, in the group of those that name the workspace."""
    return given(
        "Workspaces, one a line: of Databricks by their addresses, of Azure ML by their resource "
        "ids or names. Any other is refused before anything is sent to it.",
        default=(),
        environment=("MODELYARD_ALLOWED_WORKSPACES",),
        guards=True,
        group=group,
    )


def check_address(base: str, allowed: Sequence[str], *, given_by: str = "workspace-url") -> None:
    """Refuse a Databricks workspace that isn't on the list (an empty list allows every one).

    :param base: its address as :func:`workspace_base` gives it.
    :param given_by: the input that it comes from.
    :raises InputError: for an entry that names no workspace.
    :raises WorkspaceNotAllowed:
    """
    _check(base, {base}, allowed, given_by)


def check_place(place: Place, allowed: Sequence[str]) -> None:
    """Refuse an Azure ML workspace that isn't on the list (an empty list allows every one).

    Resource Manager takes ids and names in capital and in small letters.

    :raises InputError: for an entry that names no workspace.
    :raises WorkspaceNotAllowed:
    """
    resource_id = unquote(place.path)
    own = {resource_id.lower(), place.workspace.lower()}
    _check(resource_id, own, allowed, "subscription-id, resource-group and workspace-name")


def _check(shown: str, own: set[str], allowed: Sequence[str], given_by: str) -> None:
    entries = [_entry(one) for one in allowed]
    if entries and own.isdisjoint(entries):
        raise WorkspaceNotAllowed(
            f"{shown} isn't among the allowed workspaces: {', '.join(allowed)}",
            cause="the pipeline is set to another workspace than it may touch",
            fix=f"correct {given_by}, or add it to {NAME}",
        )


def _entry(text: str) -> str:
    """An address, or in small letters an id or a name; the three have nothing in common."""
    if is_workspace_name(text):
        return text.lower()
    if not text.startswith("/") and not _PORTAL.match(unquote(text)):
        return workspace_base(text, NAME)
    resource_id = text.rstrip("/")
    if not _ID.fullmatch(resource_id):
        raise InputError(
            f"{NAME} holds {text!r}, which isn't the resource id of an Azure ML workspace",
            fix="give /subscriptions/ID/resourceGroups/NAME/providers/"
            f"{PROVIDER}/workspaces/NAME; a Databricks workspace by its address",
        )
    return resource_id.lower()
