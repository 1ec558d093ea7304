"""Where the expressions of a text are.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions``.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.local.runner.expressions.exceptions import ExpressionError

BEGIN, END = "${{", "}}"


def spans(text: str) -> Iterator[tuple[int, int]]:
    """What is within each ``${{ }}``: the offset of its first character, and of the one behind it.

    :raises ExpressionError: when one isn't closed; those before it have been given.
    """
    at = 0
    while (begin := text.find(BEGIN, at)) >= 0:
        end = _end_of(text, begin + len(BEGIN))
        if end < 0:
            message = f"{BEGIN} isn't closed: {END} is missing, or a single quote before it"
            raise ExpressionError(message, begin)
        yield begin + len(BEGIN), end
        at = end + len(END)


def is_one(text: str) -> bool:
    """Whether it is one ``${{ }}`` that is closed, and nothing beside it."""
    stripped = text.strip()
    if not stripped.startswith(BEGIN):
        return False
    return _end_of(stripped, len(BEGIN)) == len(stripped) - len(END)


def _end_of(text: str, at: int) -> int:
    """The offset of the next ``}}`` that is in no text; -1: there is none."""
    quoted = False  # '' within a text ends it and begins it again
    for offset in range(at, len(text)):
        if text[offset] == "'":
            quoted = not quoted
        elif not quoted and text.startswith(END, offset):
            return offset
    return -1
