"""Secrets of a thing that is there: no service tells their values, so they are kept as they are.

See docs/decisions/0061.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modelyard.project.secret_values import SecretReference

NOTE = "can't be compared; --renew-secrets sets all again"
SET, SET_AGAIN = "(set)", "(set again)"
"""What a plan shows in place of a value."""


def needed(
    wanted: Mapping[str, SecretReference], there: Collection[str], *, renew: bool
) -> dict[str, SecretReference]:
    """Those that are written: what isn't there, or all.

    :param there: names of the secrets that the thing has.
    """
    return {name: one for name, one in wanted.items() if renew or name not in there}


def shown(wanted: Collection[str], there: Collection[str], *, renew: bool) -> dict[str, str]:
    """A field for each, which differs from :data:`SET` where one that is there is set again."""
    return {f"secret {name}": SET_AGAIN if renew and name in there else SET for name in wanted}


def note(wanted: Collection[str], there: Collection[str], *, renew: bool) -> str:
    """What the reader should know of those that are kept."""
    return "" if renew or not set(wanted) & set(there) else f"secrets {NOTE}"
