"""``convertToJson``: a value as JSON, two blanks to a level.

Source: learn.microsoft.com, ``pipelines/process/expressions`` (``convertToJson``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelyard.local.runner.expressions.coercion import to_text
from modelyard.local.runner.expressions.values import Kind, kind

# The service escapes these three line ends, which JavaScript once took for such.
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def json_text(value: Any) -> str:
    """The JSON of any value; numbers as :func:`to_text` writes them."""
    return "".join(_pieces(value, "\n"))


def _pieces(value: Any, line: str) -> list[str]:
    """:param line: a line break and the indentation after it."""
    if isinstance(value, Mapping):
        members = [
            [_quoted(str(key)), ": ", *_pieces(item, line + "  ")] for key, item in value.items()
        ]
        return _enclosed("{", members, "}", line)
    if isinstance(value, (list, tuple)):
        return _enclosed("[", [_pieces(item, line + "  ") for item in value], "]", line)
    match kind(value):
        case Kind.NULL:
            return ["null"]
        case Kind.BOOLEAN:
            return ["true" if value else "false"]
        case Kind.NUMBER:
            return [to_text(value)]
        case _:
            return [_quoted(to_text(value))]


def _enclosed(opening: str, members: list[list[str]], closing: str, line: str) -> list[str]:
    if not members:
        return [opening + closing]
    pieces = [opening]
    for number, member in enumerate(members):
        pieces += ["," if number else "", line + "  ", *member]
    return [*pieces, line, closing]


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    for character, escape in _LINE_ENDS.items():
        quoted = quoted.replace(character, escape)
    return quoted
