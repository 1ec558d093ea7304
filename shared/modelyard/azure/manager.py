"""Azure Resource Manager: where a Databricks workspace is.

Source: Microsoft.Databricks/workspaces, REST reference, API version 2024-05-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from modelyard.azure import pages
from modelyard.errors import Ambiguous, InputError, NotFound, PermissionDenied, ServiceError
from modelyard.http import Session

API_VERSION = "2024-05-01"
_RESOURCE_ID = re.compile(
    r"/subscriptions/[^/?#\s]+/resourceGroups/[^/?#\s]+"
    r"/providers/Microsoft\.Databricks/workspaces/[^/?#\s]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DatabricksWorkspace:
    """A workspace as Resource Manager knows it."""

    resource_id: str
    url: str
    """``https://adb-....azuredatabricks.net``"""


def workspace_by_id(manager: Session, resource_id: str) -> DatabricksWorkspace:
    """Look a workspace up by its resource id.

    :raises InputError: when the text isn't such an id.
    :raises NotFound: when there is none.
    :raises ServiceError: when it has no address yet.
    """
    if not _RESOURCE_ID.fullmatch(resource_id):
        raise InputError(
            f"workspace-resource-id is {resource_id!r}",
            fix="give /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Databricks/"
            "workspaces/NAME, as the portal shows it under Properties",
        )
    body = manager.get(resource_id, {"api-version": API_VERSION})
    properties = body.get("properties") or {}
    if not properties.get("workspaceUrl"):
        state = properties.get("provisioningState", "unknown")
        raise ServiceError(
            f"{resource_id} has no workspace address; its provisioning state is {state}",
            fix="wait until the workspace is provisioned",
        )
    return DatabricksWorkspace(
        resource_id=str(body.get("id", resource_id)), url=f"https://{properties['workspaceUrl']}"
    )


def workspace_by_name(manager: Session, resource_group: str, name: str) -> DatabricksWorkspace:
    """Look a workspace up by resource group and name, in every subscription one can see.

    :raises NotFound, Ambiguous: when not exactly one subscription has it.
    """
    found, subscriptions, refused = [], 0, 0
    for subscription in _subscriptions(manager):
        subscriptions += 1
        resource_id = (
            f"/subscriptions/{subscription}/resourceGroups/{quote(resource_group, safe='')}"
            f"/providers/Microsoft.Databricks/workspaces/{quote(name, safe='')}"
        )
        try:
            found.append(workspace_by_id(manager, resource_id))
        except NotFound:
            continue
        except PermissionDenied:  # also where there is nothing: rights are checked first
            refused += 1
    if len(found) > 1:
        raise Ambiguous(
            f"{len(found)} subscriptions have a workspace {name} in a resource group "
            f"{resource_group}: " + ", ".join(workspace.resource_id for workspace in found),
            fix="give workspace-resource-id",
        )
    if not found:
        raise NotFound(
            f"no workspace {name} in a resource group {resource_group} of the "
            f"{subscriptions} subscriptions that the identity sees"
            + (f"; in {refused} of them it may not look" if refused else ""),
            fix="check both names, and that the identity may read the resource group",
        )
    return found[0]


def workspace_by_url(manager: Session, url: str) -> DatabricksWorkspace:
    """Look a workspace up by its address, in every subscription one can see.

    :param url: scheme and host.
    :raises NotFound: when none has it.
    """
    host = url.partition("://")[2].lower()
    for subscription in _subscriptions(manager):
        path = f"/subscriptions/{subscription}/providers/Microsoft.Databricks/workspaces"
        for body in pages.items(manager, path, {"api-version": API_VERSION}):
            if str((body.get("properties") or {}).get("workspaceUrl", "")).lower() == host:
                return DatabricksWorkspace(resource_id=str(body["id"]), url=url)
    raise NotFound(
        f"no workspace at {url} in the subscriptions that the identity sees",
        fix="give workspace-resource-id",
    )


def _subscriptions(manager: Session) -> Iterator[str]:
    for subscription in pages.items(manager, "/subscriptions", {"api-version": "2022-12-01"}):
        yield str(subscription["subscriptionId"])
