"""Condition tasks (Databricks REST reference, "Jobs API", ``ConditionTask``): strings for equality,
numbers for order."""

from __future__ import annotations

import operator
from collections.abc import Callable

EQUALITY: dict[str, Callable[[str, str], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL": operator.ne,
}
ORDER: dict[str, Callable[[float, float], bool]] = {
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
}


def holds(operation: str, left: str, right: str) -> bool | None:
    """Whether a condition holds; None where it compares what aren't numbers."""
    if operation in EQUALITY:
        return EQUALITY[operation](left, right)
    try:
        return ORDER[operation](float(left), float(right))
    except ValueError:
        return None
