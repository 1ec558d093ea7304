"""The cause in an error of Azure, wherever it is put.

A provider that asks another one passes its answer on: in ``details``, in ``innererror``, or as JSON
within the text of a message, several deep. What stands outermost says "The request is invalid".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_DECODER = json.JSONDecoder()
DEEPEST = 12
"""Levels that are looked into."""


def causes(error: Any) -> tuple[str, ...]:
    """The messages at the ends of all branches of an error object, each once, in their order.

    :param error: what stands under ``error``: ``{code, message, details?, innererror?}``.
    """
    return tuple(dict.fromkeys(text.strip() for text in _ends(error, 0) if text.strip()))


def _ends(part: Any, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(part, str):
        within = (list(_ends(inner, depth + 1)) for inner in _json_in(part))
        yield from next(filter(None, within), [part])
    elif isinstance(part, list):
        for one in part:
            yield from _ends(one, depth + 1)
    elif isinstance(part, Mapping):
        yield from _of_mapping(part, depth)


def _of_mapping(part: Mapping[str, Any], depth: int) -> Iterator[str]:
    lower = {str(name).lower(): value for name, value in part.items()}
    for name in ("error", "details", "innererror", "errors"):
        below = [*_ends(_values(lower.get(name)), depth + 1)]
        if below:
            yield from below
            return
    message = lower.get("message")
    if isinstance(message, str):
        yield from _ends(message, depth + 1)


def _values(part: Any) -> Any:
    """``{"VmSize": ["..."]}`` holds its messages under names of fields."""
    if isinstance(part, Mapping) and not {"code", "message", "error"} & {n.lower() for n in part}:
        return list(part.values())
    return part


def _json_in(text: str) -> Iterator[Any]:
    """The JSON objects within a text, whatever stands around them."""
    start = text.find("{")
    while start >= 0:
        try:
            found, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield found
        start = text.find("{", end)
