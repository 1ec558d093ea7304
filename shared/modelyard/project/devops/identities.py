"""People and groups by the names that are typed: an address, ``Group``, ``[Project]\\Group``.

Source: Azure DevOps REST reference, "Identities - Read Identities", API version 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.errors import Ambiguous, InputError, NotFound
from modelyard.project.devops.organization import Organization


@dataclass(frozen=True)
class Identity:
    """Somebody, or a group."""

    key: str
    name: str
    """As it was typed."""


def identities(names: tuple[str, ...], organization: Organization) -> tuple[Identity, ...]:
    """The identity of each name, in their order.

    :raises NotFound, Ambiguous: when a name isn't that of exactly one.
    :raises InputError: when two names are of the same one.
    """
    found: dict[str, Identity] = {}
    for name in names:
        one = _identity(name, organization)
        if one.key in found:
            raise InputError(
                f"{found[one.key].name} and {name} are one and the same in {organization.url}",
                fix="leave one of them out",
            )
        found[one.key] = one
    return tuple(found.values())


def _identity(name: str, organization: Organization) -> Identity:
    of_project = "@" not in name and not name.startswith("[")
    found = organization.read(
        f"looking up {name}",
        "identity",
        "read_identities",
        search_filter="General",
        filter_value=rf"[{organization.project}]\{name}" if of_project else name,
    )
    active = [one for one in found or () if one.is_active is not False]
    if not active:
        raise NotFound(
            f"nobody in {organization.url} is called {name}",
            fix="write the address that somebody signs in with, or a group of the project",
        )
    if len(active) > 1:
        raise Ambiguous(
            f"{len(active)} people or groups in {organization.url} are called {name}",
            fix="write the whole address",
        )
    return Identity(str(active[0].id), name)


def shown(ids: list[str], wanted: tuple[Identity, ...], names: dict[str, str]) -> tuple[str, ...]:
    """Ids as the names that were typed, or else as the service shows them; in their order."""
    typed = {one.key: one.name for one in wanted}
    return tuple(typed.get(key) or names.get(key) or key for key in ids)
