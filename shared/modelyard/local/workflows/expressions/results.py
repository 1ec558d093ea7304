"""What functions give whose arguments are known.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` ("Functions").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from modelyard.local.workflows.expressions.values import compared, is_true, to_json, to_text

_HOLE = re.compile(r"\{\{|\}\}|\{([0-9]+)\}|[{}]")


class UnknownResult(Exception):
    """Only a run can say what it gives, or that it fails."""


def result_of(function: str, arguments: Sequence[Any]) -> Any:
    """
    :raises UnknownResult: of a function that asks the run, such as ``success``, and of arguments
        that a run fails with.
    """
    found = _FUNCTIONS.get(function.lower())
    if found is None:
        raise UnknownResult
    return found(*arguments)


def _contains(within: Any, item: Any) -> bool:
    if isinstance(within, list):
        return any(compared("==", one, item) for one in within)
    return to_text(item).upper() in to_text(within).upper()


def _format(pattern: Any, *values: Any) -> str:
    def filled(hole: re.Match[str]) -> str:
        if hole[0] in ("{{", "}}"):
            return hole[0][0]
        if hole[1] is None or int(hole[1]) >= len(values):
            raise UnknownResult
        return to_text(values[int(hole[1])])

    return _HOLE.sub(filled, to_text(pattern))


def _join(values: Any, separator: Any = ",") -> str:
    if isinstance(values, list):
        return to_text(separator).join(to_text(one) for one in values)
    return to_text(values)


def _from_json(text: Any) -> Any:
    try:
        return json.loads(to_text(text))
    except (ValueError, RecursionError) as error:
        raise UnknownResult from error


def _case(*pairs: Any) -> Any:
    for condition, value in zip(pairs[::2], pairs[1::2], strict=False):
        if is_true(condition):
            return value
    return pairs[-1]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "case": _case,
    "contains": _contains,
    "endswith": lambda text, end: to_text(text).upper().endswith(to_text(end).upper()),
    "format": _format,
    "fromjson": _from_json,
    "join": _join,
    "startswith": lambda text, start: to_text(text).upper().startswith(to_text(start).upper()),
    "tojson": to_json,
}
