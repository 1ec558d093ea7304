"""Variables of pipelines and of groups. Azure Pipelines compares their names without case.

Source: learn.microsoft.com, "Define variables": names are case-insensitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from modelyard.project.fields import Section
from modelyard.project.secret_values import SecretReference

T = TypeVar("T")


def read(section: Section) -> tuple[dict[str, str], dict[str, SecretReference]]:
    """``variables`` and ``secrets`` of something. A name that is there twice is a mistake."""
    plain, secrets = section.plain_values("variables"), section.secrets("secrets")
    seen: dict[str, str] = {}
    for key in ("variables", "secrets"):
        for name, value in section.entries(key):
            if not name.strip():
                section.mistakes.add(value, f"{section.named(key)} has a variable without a name")
            elif (before := seen.setdefault(name.lower(), f"{key}.{name}")) != f"{key}.{name}":
                section.mistakes.add(
                    value, f"{section.named(key)}.{name} is {before} too: case doesn't count"
                )
    return plain, secrets


def as_spelt(given: Mapping[str, T], there: Iterable[str]) -> dict[str, T]:
    """The same by the names that are there already, whatever their case."""
    spelt = {name.lower(): name for name in there}
    return {spelt.get(name.lower(), name): one for name, one in given.items()}
