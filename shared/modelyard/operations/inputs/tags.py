"""Tags, as an input gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.errors import InputError


def tags_of(value: Any) -> dict[str, str]:
    """:raises InputError: when it isn't a mapping of texts."""
    if value is None:
        return {}
    plain = (str, int, float)
    if not isinstance(value, Mapping) or not all(isinstance(one, plain) for one in value.values()):
        raise InputError("tags isn't a mapping of texts, such as 'team: wine'")
    return {str(name): str(one) for name, one in value.items()}
