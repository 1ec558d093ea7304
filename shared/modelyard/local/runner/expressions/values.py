"""The values of expressions.

None, bool, float (an int is taken too), str, :class:`Version`, datetime (``pipeline.startTime``),
arrays (list, tuple) and objects (mappings).

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Literals", "Filtered arrays").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.reading import nearest


class Kind(Enum):
    """The kinds of values, each with what a message calls it."""

    NULL = "null"
    BOOLEAN = "a boolean"
    NUMBER = "a number"
    TEXT = "a string"
    VERSION = "a version"
    DATE = "a date"
    ARRAY = "an array"
    OBJECT = "an object"


@dataclass(frozen=True, order=True)
class Version:
    """``1.2.3`` or ``1.2.3.4``; two parts where a number or a string became one.

    A part that is missing is less than 0: ``1.2`` is below ``1.2.0`` and not equal to it.
    """

    parts: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


class FilteredArray(list[Any]):
    """What ``.*`` gives: members that follow are taken of each element, not of the array."""


class ExactDict(dict[str, Any]):
    """An object whose keys are compared with regard to case, as those within a parameter are."""


class RequiredDict(dict[str, Any]):
    """An object that has to have the key, as the context ``parameters``."""


_KINDS: dict[type, Kind] = {
    type(None): Kind.NULL,
    bool: Kind.BOOLEAN,
    float: Kind.NUMBER,
    int: Kind.NUMBER,
    str: Kind.TEXT,
    Version: Kind.VERSION,
    datetime: Kind.DATE,
    list: Kind.ARRAY,
    tuple: Kind.ARRAY,
    FilteredArray: Kind.ARRAY,
    dict: Kind.OBJECT,
}


def kind(value: Any) -> Kind:
    """Which kind of value it is.

    :raises BadValue: for what no expression can hold.
    """
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Mapping):
        return Kind.OBJECT
    for one in (list, tuple, str, bool, int, float, datetime):
        if isinstance(value, one):
            return _KINDS[one]
    raise BadValue(f"a {type(value).__name__} is no value of an expression")


_MISSING = object()


def member(values: Mapping[str, Any], name: str) -> Any:
    """The value of a key, however that is spelt; None where there is none.

    :raises BadValue: when a :class:`RequiredDict` hasn't the key.
    """
    found = find(values, name)
    if found is not _MISSING:
        return found
    if isinstance(values, RequiredDict):
        raise BadValue(f"there is no {name}{nearest(name, values)}")
    return None


def has(values: Mapping[str, Any], name: str) -> bool:
    """Whether there is such a key."""
    return find(values, name) is not _MISSING


def find(values: Mapping[str, Any], name: str) -> Any:
    """The value of a key, or a mark that no value is."""
    try:
        return values[name]
    except KeyError:
        if isinstance(values, ExactDict):
            return _MISSING
    wanted = name.lower()
    for key, value in values.items():
        if key.lower() == wanted:
            return value
    return _MISSING
