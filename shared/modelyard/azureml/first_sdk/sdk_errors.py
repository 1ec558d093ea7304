"""What an exception of SDK v1 says, for people: it carries the service's answer as it came.

The answer stands in its text as JSON, as ``repr`` of bytes or of a dictionary, below the status and
the headers; or it isn't in the text at all, and only the response has it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable

from modelyard.nested_errors import causes

_CONTENT = re.compile(r"""^Content: (b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*")$""", re.MULTILINE)
_LINES = 8
"""Of a text that gives no causes."""


def words(said: Iterable[str]) -> str:
    """The causes that the service gives, in the first of the texts that has any.

    :param said: what the service has answered, and what the exception says.
    """
    texts = [text.strip() for text in said if text.strip()]
    for text in texts:
        found = causes(_plain(text))
        if found and found != (_plain(text),):
            return "\n  ".join(found)
    lines = [line for line in (texts or [""])[-1].splitlines() if line.strip()]
    return "\n".join(lines[:_LINES])


def _plain(text: str) -> str:
    decoded = _CONTENT.sub(lambda match: _literal(match[1]), text)
    return "\n".join(_as_json(line) for line in decoded.splitlines())


def _literal(text: str) -> str:
    try:
        value: bytes = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value.decode(errors="replace")


def _as_json(line: str) -> str:
    """A line that is a dictionary as Python writes it, as JSON."""
    if not line.startswith("{'"):
        return line
    try:
        return json.dumps(ast.literal_eval(line))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return line
