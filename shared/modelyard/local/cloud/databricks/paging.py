"""Pages of a list, with tokens that say where a page begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from modelyard.local.cloud.databricks import exceptions

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    next_token: str
    """Empty on the last page."""
    previous_token: str
    """Empty on the first page."""

    def tokens(self) -> dict[str, Any]:
        """``next_page_token`` and ``prev_page_token``, where there are such pages."""
        named = {"next_page_token": self.next_token, "prev_page_token": self.previous_token}
        return {name: token for name, token in named.items() if token}


def page_of(
    items: Sequence[Item], size: int, token: str | None = None, offset: int = 0
) -> Page[Item]:
    """``size`` items from where ``token`` says, or from ``offset``.

    Raises INVALID_PARAMETER_VALUE for a token that no page gave.
    """
    begin = _position(token) if token else offset
    end = begin + size
    return Page(
        items[begin:end],
        _token(end) if end < len(items) else "",
        _token(max(0, begin - size)) if begin else "",
    )


def bounded(name: str, value: int, low: int, high: int) -> int:
    """``value``, if it lies within these bounds."""
    if not low <= value <= high:
        raise exceptions.invalid_parameter(
            f"{name} must be between {low} and {high}, but was {value}"
        )
    return value


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"from:{position}".encode()).decode()


def _position(token: str) -> int:
    try:
        kind, _, position = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if kind == "from":
            return int(position)
    except (binascii.Error, ValueError):
        pass
    raise exceptions.invalid_parameter(f"Invalid page token {token!r}")
