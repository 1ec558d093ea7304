"""Whether the organization has the extension with the tasks."""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.errors import NotFound
from modelyard.project.devops.organization import Organization

NAME = "modelyard"
"""Of the extension, whoever publishes it."""
MARKETPLACE = "https://marketplace.visualstudio.com/items?itemName="


def missing(publisher: str, organization: Organization) -> Iterator[str]:
    """A warning when it isn't there; nobody but an owner of the organization can install it."""
    if not publisher:
        return
    try:
        organization.read(
            "looking for the extension",
            "extension_management",
            "get_installed_extension_by_name",
            publisher,
            NAME,
        )
    except NotFound:
        yield (
            f"the extension {publisher}.{NAME} isn't installed in {organization.url}: an owner of "
            f"the organization installs it from {MARKETPLACE}{publisher}.{NAME}"
        )
