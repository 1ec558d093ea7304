"""Functions that compare and decide.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Functions"); the order is that of
the page. Which arguments stay unevaluated is said there too ("Short-circuits"). ``iif`` isn't
among them: the service evaluates all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.runner.expressions.coercion import to_boolean
from modelyard.local.runner.expressions.comparison import compare, equal
from modelyard.local.runner.expressions.functions.function import Function, Lazy


def _and(*arguments: Lazy) -> bool:
    return all(to_boolean(argument()) for argument in arguments)


def _coalesce(*arguments: Lazy) -> Any:
    for argument in arguments:
        value = argument()
        if value is not None and value != "":
            return value
    return None


def _contains_value(collection: Any, wanted: Any) -> bool:
    if isinstance(collection, Mapping):
        collection = collection.values()
    elif not isinstance(collection, (list, tuple)):
        return False
    # Each item becomes what the wanted value is, not the other way round.
    return any(equal(wanted, item) for item in collection)


def _iif(condition: Any, when_true: Any, when_false: Any) -> Any:
    return when_true if to_boolean(condition) else when_false


def _in(value: Lazy, *others: Lazy) -> bool:
    wanted = value()
    return any(equal(wanted, other()) for other in others)


def _not_in(value: Lazy, *others: Lazy) -> bool:
    return not _in(value, *others)


def _or(*arguments: Lazy) -> bool:
    return any(to_boolean(argument()) for argument in arguments)


LOGIC = (
    Function("and", 2, None, _and, lazy=True),
    Function("coalesce", 2, None, _coalesce, lazy=True),
    Function("containsValue", 2, 2, _contains_value),
    Function("eq", 2, 2, equal),
    Function("ge", 2, 2, lambda left, right: compare(left, right) >= 0),
    Function("gt", 2, 2, lambda left, right: compare(left, right) > 0),
    Function("iif", 3, 3, _iif),
    Function("in", 1, None, _in, lazy=True),
    Function("le", 2, 2, lambda left, right: compare(left, right) <= 0),
    Function("lt", 2, 2, lambda left, right: compare(left, right) < 0),
    Function("ne", 2, 2, lambda left, right: not equal(left, right)),
    Function("not", 1, 1, lambda value: not to_boolean(value)),
    Function("notIn", 1, None, _not_in, lazy=True),
    Function("or", 2, None, _or, lazy=True),
    Function("xor", 2, 2, lambda left, right: to_boolean(left) != to_boolean(right)),
)
