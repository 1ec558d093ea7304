"""The value of a syntax tree.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Variables", "Filtered arrays").
The corners of members (what becomes of a miss, of a fraction as index, of an index after ``.*``)
are as the service was seen to treat them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from modelyard.local.runner.expressions.coercion import to_number, to_text
from modelyard.local.runner.expressions.exceptions import BadValue, ExpressionError
from modelyard.local.runner.expressions.functions import BUILT_IN, Function
from modelyard.local.runner.expressions.syntax import (
    Access,
    Call,
    Context,
    Literal,
    Node,
    Wildcard,
)
from modelyard.local.runner.expressions.values import FilteredArray, has, member


@dataclass(frozen=True)
class Scope:
    """What the names of an expression mean."""

    contexts: Mapping[str, Any]
    functions: Mapping[str, Function]
    """What the caller adds, by name in lower case; it goes before the language's own."""


def evaluate(node: Node, scope: Scope) -> Any:
    """The value.

    :raises ExpressionError: when a function or conversion has none.
    """
    match node:
        case Literal(value):
            return value
        case Context(name):
            return member(scope.contexts, name)
        case Call():
            return _call(node, scope)
        case Access(root, members):
            value = evaluate(root, scope)
            for one in members:
                value = _member(value, one, scope)
            return value


def _call(node: Call, scope: Scope) -> Any:
    name = node.name.lower()
    function = scope.functions.get(name) or BUILT_IN[name]
    try:
        if function.lazy:
            return function.call(*(partial(evaluate, one, scope) for one in node.arguments))
        return function.call(*[evaluate(one, scope) for one in node.arguments])
    except BadValue as error:
        raise ExpressionError(f"{function.name}: {error}", node.offset) from error


def _member(value: Any, index: Node | Wildcard, scope: Scope) -> Any:
    if isinstance(index, Wildcard):
        return FilteredArray(_all(value))
    # An index is evaluated even where it can find nothing, for the sake of its errors.
    key = evaluate(index, scope)
    try:
        if isinstance(value, FilteredArray):
            return FilteredArray(found for item in value for found in _found(item, key))
        if isinstance(value, Mapping):
            name = _name(key)
            return None if name is None else member(value, name)
        return next(iter(_found(value, key)), None)
    except BadValue as error:
        raise ExpressionError(str(error), index.offset) from error


def _all(value: Any) -> Iterable[Any]:
    """What ``*`` stands for. After another ``*`` it is the members of each element, in one row."""
    if isinstance(value, FilteredArray):
        return [found for item in value for found in _items(item)]
    return _items(value)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _found(value: Any, key: Any) -> list[Any]:
    """The member in a list of its own; an empty one where there is none."""
    if isinstance(value, Mapping):
        name = _name(key)
        return [member(value, name)] if name is not None and has(value, name) else []
    if isinstance(value, (list, tuple)):
        position = _position(key, len(value))
        return [] if position is None else [value[position]]
    return []


def _name(key: Any) -> str | None:
    try:
        return to_text(key)
    except BadValue:
        return None


def _position(key: Any, length: int) -> int | None:
    try:
        number = to_number(key)
    except BadValue:
        return None
    return int(number) if 0 <= number < length else None
