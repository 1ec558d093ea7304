"""Inputs that are mappings of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.errors import InputError

TEXTS = (str,)
PLAIN = (str, int, float)
"""What YAML makes of a text that looks like a number is one too."""


def mapping_of(
    name: str, value: Any, *, example: str, kinds: tuple[type, ...] = PLAIN
) -> dict[str, str]:
    """The texts of an input; none when it isn't given.

    :param name: the input's.
    :param kinds: what a value may be.
    :raises InputError: when it is anything else.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(one, kinds) for one in value.values()):
        raise InputError(f"{name} isn't a mapping of texts, such as '{example}'")
    if not all(str(key).strip() for key in value):
        raise InputError(f"{name} has a name that is empty", fix=f"write it as in '{example}'")
    return {str(key): str(one) for key, one in value.items()}
