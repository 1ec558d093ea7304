"""The shape of JSON in requests: which type a field must have, so that no handler has to ask.

A shape is a type (``str``, ``int``, ``bool``), a dict of fields that are known, a list with the
shape of its items, or None for anything. Fields that aren't named are let through, as by the
service; null is the same as nothing.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions

NAMES = {str: "a string", int: "a whole number", bool: "true or false"}


def without_nulls(value: Any) -> Any:
    """A copy without the fields and items that are null."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value


def check(value: Any, shape: Any, name: str = "") -> None:
    """Raises INVALID_PARAMETER_VALUE that names the field: ``tasks[0].name must be a string``."""
    if shape is None:
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _wrong(name, "an object", value)
        for field, inner in shape.items():
            if field in value:
                check(value[field], inner, f"{name}.{field}" if name else field)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise _wrong(name, "a list", value)
        for index, item in enumerate(value):
            check(item, shape[0], f"{name}[{index}]")
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise _wrong(name, NAMES[shape], value)


def whole_number(name: str, value: Any) -> int:
    """A number that may be written as a string, as in protobuf's JSON."""
    try:
        if isinstance(value, bool | float):
            raise ValueError
        return int(value)
    except (TypeError, ValueError):
        raise _wrong(name, NAMES[int], value) from None


def _wrong(name: str, expected: str, value: Any) -> exceptions.ApiError:
    shown = repr(value)
    if len(shown) > 60:
        shown = f"{shown[:60]}..."
    return exceptions.invalid_parameter(f"{name or 'The body'} must be {expected}, not {shown}")
