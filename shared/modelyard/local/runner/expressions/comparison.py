"""Equality and order: the right value becomes what the left one is.

Source: learn.microsoft.com, ``pipelines/process/expressions`` (``eq``, ``gt``, "Type casting").
That arrays and objects equal only themselves is what the service was seen to do; the page is
silent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelyard.local.runner.expressions import casing
from modelyard.local.runner.expressions.coercion import (
    to_boolean,
    to_date,
    to_null,
    to_number,
    to_text,
    to_version,
)
from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.local.runner.expressions.values import Kind, kind

_CONVERSIONS: dict[Kind, Callable[[Any], Any]] = {
    Kind.NULL: to_null,
    Kind.BOOLEAN: to_boolean,
    Kind.NUMBER: to_number,
    Kind.TEXT: to_text,
    Kind.VERSION: to_version,
    Kind.DATE: to_date,
}


def convert(value: Any, target: Kind) -> Any:
    """A value as another kind.

    :raises BadValue: when there is no such conversion, or not of this value.
    """
    source = kind(value)
    if source is target:
        return value
    conversion = _CONVERSIONS.get(target)
    if conversion is None:
        raise BadValue(f"{source.value} can't be converted to {target.value}")
    return conversion(value)


def equal(left: Any, right: Any) -> bool:
    """Whether they are equal; False when the right one can't become what the left one is."""
    target = kind(left)
    if target in (Kind.ARRAY, Kind.OBJECT):
        return left is right
    try:
        other = convert(right, target)
    except BadValue:
        return False
    return bool(_comparable(left, target) == _comparable(other, target))


def compare(left: Any, right: Any) -> int:
    """Below 0, 0 or above 0: how the left one lies to the right one.

    Null, arrays and objects on the left are taken as numbers, which only null can be.

    :raises BadValue: when one of them can't be converted.
    """
    target = kind(left)
    if target in (Kind.NULL, Kind.ARRAY, Kind.OBJECT):
        left, target = to_number(left), Kind.NUMBER
    other = convert(right, target)
    left, other = _comparable(left, target), _comparable(other, target)
    return int(left > other) - int(left < other)


def _comparable(value: Any, known: Kind) -> Any:
    if known is Kind.TEXT:
        return casing.order(value)
    return to_date(value) if known is Kind.DATE else value
