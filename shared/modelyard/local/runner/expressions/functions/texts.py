"""Functions that make and look into texts.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Functions"); the order is that of
the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.runner.expressions import casing
from modelyard.local.runner.expressions.coercion import to_text
from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.local.runner.expressions.functions.format_text import format_text
from modelyard.local.runner.expressions.functions.function import Function
from modelyard.local.runner.expressions.functions.json_text import json_text


def _same_case(value: Any) -> str:
    return casing.upper(to_text(value))


def _contains(text: Any, part: Any) -> bool:
    return _same_case(part) in _same_case(text)


def _ends_with(text: Any, part: Any) -> bool:
    return _same_case(text).endswith(_same_case(part))


def _join(separator: Any, items: Any) -> str:
    if isinstance(items, (list, tuple)):
        return to_text(separator).join(map(_simple_text, items))
    return _simple_text(items)


def _simple_text(value: Any) -> str:
    """Complex values are empty here, where all else refuses them."""
    try:
        return to_text(value)
    except BadValue:
        return ""


def _length(value: Any) -> float:
    if isinstance(value, (list, tuple, Mapping)):
        return float(len(value))
    return float(casing.length(to_text(value)))


def _replace(text: Any, old: Any, new: Any) -> str:
    searched = to_text(old)
    return to_text(text).replace(searched, to_text(new)) if searched else to_text(text)


def _split(text: Any, separator: Any) -> list[str]:
    between = to_text(separator)
    return to_text(text).split(between) if between else [to_text(text)]


def _starts_with(text: Any, part: Any) -> bool:
    return _same_case(text).startswith(_same_case(part))


TEXTS = (
    Function("contains", 2, 2, _contains),
    Function("convertToJson", 1, 1, json_text),
    Function("endsWith", 2, 2, _ends_with),
    Function("format", 1, None, format_text, lazy=True),
    Function("join", 2, 2, _join),
    Function("length", 1, 1, _length),
    Function("lower", 1, 1, lambda value: casing.lower(to_text(value))),
    Function("replace", 3, 3, _replace),
    Function("split", 2, 2, _split),
    Function("startsWith", 2, 2, _starts_with),
    Function("trim", 1, 1, lambda value: casing.trim(to_text(value))),
    Function("upper", 1, 1, lambda value: casing.upper(to_text(value))),
)
