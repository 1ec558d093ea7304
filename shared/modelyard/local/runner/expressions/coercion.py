"""From one kind of value to another.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Type casting"). The page says that
a string becomes a number by ``Int32.TryParse``; fractions and thousands separators are read too,
which the styles it names allow.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.local.runner.expressions.values import Kind, Version, kind

LARGEST_PART = 2**31 - 1
"""Of a version: ``Int32.MaxValue``."""

_NUMBER = re.compile(r"[\t-\r ]*([+-]?(?:[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+))[\t-\r ]*", re.ASCII)
_PART = re.compile(r"\s*\+?[0-9]+\s*", re.ASCII)
_FIFTEEN_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)
_SEVEN_PLACES = Decimal("0.0000001")


def to_boolean(value: Any) -> bool:
    """False for null, ``False``, 0 and the empty string; all else is True."""
    match kind(value):
        case Kind.NULL:
            return False
        case Kind.BOOLEAN | Kind.NUMBER | Kind.TEXT:
            return bool(value)
        case _:
            return True


def to_text(value: Any) -> str:
    """``True``, ``0.5``, ``1.2.3``; null is empty. Dates are ``2026-01-31 07:05:00+00:00``.

    :raises BadValue: for an array or object.
    """
    if isinstance(value, str):
        return value
    match kind(value):
        case Kind.NULL:
            return ""
        case Kind.NUMBER:
            return _number_text(value)
        case Kind.DATE:
            return _date_text(value)
        case Kind.BOOLEAN | Kind.VERSION:
            return str(value)
        case other:
            raise _impossible(other, Kind.TEXT)


def to_number(value: Any) -> float:
    """A boolean is 0 or 1, null and the empty string are 0.

    :raises BadValue: when it is no number.
    """
    match known := kind(value):
        case Kind.NULL:
            return 0.0
        case Kind.BOOLEAN | Kind.NUMBER:
            return float(value)
        case Kind.TEXT:
            if not value:
                return 0.0
            written = _NUMBER.fullmatch(value)
            number = float(written[1].replace(",", "")) if written else math.inf
            if math.isfinite(number):
                return number
    raise _impossible(known, Kind.NUMBER)


def to_version(value: Any) -> Version:
    """Two to four parts; a number needs a fraction: ``1.2`` is a version, ``2`` is not.

    :raises BadValue: when it is none.
    """
    match known := kind(value):
        case Kind.VERSION:
            assert isinstance(value, Version)
            return value
        case Kind.TEXT | Kind.NUMBER:
            parts = to_text(value).split(".")
            if 2 <= len(parts) <= 4 and all(map(_PART.fullmatch, parts)):
                numbers = tuple(map(_part, parts))
                if max(numbers) <= LARGEST_PART:
                    return Version(numbers)
    raise _impossible(known, Kind.VERSION)


def to_null(value: Any) -> None:
    """Null itself and the empty string.

    :raises BadValue: for all else.
    """
    if value is not None and value != "":
        raise _impossible(kind(value), Kind.NULL)


def to_date(value: Any) -> datetime:
    """A date itself, in UTC where it names no time zone.

    :raises BadValue: for all else.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    raise _impossible(kind(value), Kind.DATE)


def _part(text: str) -> int:
    digits = text.strip().lstrip("+0")
    # int() refuses thousands of digits; so does Int32, far earlier.
    return int(digits or "0") if len(digits) <= 10 else LARGEST_PART + 1


def _number_text(value: float) -> str:
    """Seven places and fifteen digits at most: .NET's format ``0.#######``."""
    if not math.isfinite(value):
        raise BadValue("the number is out of range")
    if value == int(value) and abs(value) < 10**15:
        return str(int(value))
    digits = _FIFTEEN_DIGITS.create_decimal(value)
    exponent = digits.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -7:
        digits = digits.quantize(_SEVEN_PLACES, ROUND_HALF_UP)
    text = f"{digits:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _date_text(value: datetime) -> str:
    offset = value.strftime("%z") or "+0000"
    return f"{value.year:04}-{value:%m-%d %H:%M:%S}{offset[:3]}:{offset[3:5]}"


def _impossible(source: Kind, target: Kind) -> BadValue:
    return BadValue(f"{source.value} can't be converted to {target.value}")
