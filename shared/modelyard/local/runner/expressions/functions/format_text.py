"""``format``: ``format('{0} of {1}', 1, 2)``; ``format('{0:yyyyMMdd}', pipeline.startTime)``.

Braces are escaped by doubling them. Only dates take a format after the colon: the parts of
:data:`_DATE_PARTS`, blanks, and any character after a backslash.

Source: learn.microsoft.com, ``pipelines/process/expressions`` (``format``, ``counter``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from modelyard.local.runner.expressions.coercion import to_text
from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.local.runner.expressions.functions.function import Lazy

_PIECE = re.compile(
    r"(?P<text>[^{}]+|\{\{|\}\})|\{(?P<index>[0-9]{1,3})(?::(?P<form>(?:[^}]|\}\})*))?\}"
)
_DATE_PIECE = re.compile(r"\\(?P<literal>.)|(?P<blanks> +)|(?P<part>([A-Za-z])\4*)", re.DOTALL)


def format_text(template: Lazy, *arguments: Lazy) -> str:
    """The template with its placeholders filled in; what no placeholder names isn't evaluated.

    :raises BadValue: for a lone brace, a number that no argument has, or a format that its
        argument can't have.
    """
    text = to_text(template())
    pieces: list[str] = []
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if not found:
            raise BadValue(f"character {at + 1} of the format is a brace that belongs to nothing")
        at = found.end()
        if found["text"]:
            pieces.append(found["text"][:1] if found["text"] in ("{{", "}}") else found["text"])
        else:
            pieces.append(_argument(int(found["index"]), found["form"] or "", arguments))
    return "".join(pieces)


def _argument(index: int, form: str, arguments: tuple[Lazy, ...]) -> str:
    if index >= len(arguments):
        raise BadValue(f"{{{index}}} needs {index + 1} arguments after the format")
    value = arguments[index]()
    if not form:
        return to_text(value)
    if not isinstance(value, datetime):
        raise BadValue(f"only a date can have a format as in {{{index}:{form}}}")
    return _date(value, form.replace("}}", "}"))


def _date(value: datetime, form: str) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(form):
        found = _DATE_PIECE.match(form, at)
        part = _DATE_PARTS.get(found["part"]) if found and found["part"] else None
        if found is None or (found["part"] and part is None):
            wrong = found["part"] if found else form[at]
            raise BadValue(f"{wrong} can't be in the format of a date")
        pieces.append(part(value) if part else found["literal"] or found["blanks"])
        at = found.end()
    return "".join(pieces)


def _offset(value: datetime) -> str:
    text = value.strftime("%z") or "+0000"
    return f"{text[:3]}:{text[3:5]}"


def _fraction(digits: int) -> Callable[[datetime], str]:
    # .NET counts in tenths of microseconds; the seventh digit is always 0 here.
    return lambda value: f"{value.microsecond:06}0"[:digits]


_DATE_PARTS: dict[str, Callable[[datetime], str]] = {
    "yyyy": lambda value: f"{value.year:04}",
    "yy": lambda value: f"{value.year % 100:02}",
    "MM": lambda value: f"{value.month:02}",
    "M": lambda value: str(value.month),
    "dd": lambda value: f"{value.day:02}",
    "d": lambda value: str(value.day),
    "HH": lambda value: f"{value.hour:02}",
    "H": lambda value: str(value.hour),
    "mm": lambda value: f"{value.minute:02}",
    "m": lambda value: str(value.minute),
    "ss": lambda value: f"{value.second:02}",
    "s": lambda value: str(value.second),
    "zzz": _offset,
    "K": _offset,
    **{"f" * digits: _fraction(digits) for digits in range(1, 8)},
}
