"""Conditions of steps, with one more that has to hold too.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions``. A condition is an
expression without or within ``${{ }}``. With text beside ``${{ }}`` it is a text, which counts as
true unless it is empty, whatever the text says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN, _END = "${{", "}}"
_QUOTED = re.compile(r"'(?:''|[^'])*'")


class NoExpression(ValueError):
    """A text is none, so that nothing can be put around it."""


def guarded(condition: str, guard: str) -> str:
    """Holds only where the guard holds, whatever the form of the condition.

    :param guard: an expression.
    :raises NoExpression: when the condition's parentheses, quotes or ``${{ }}`` don't fit together:
        with such a text the guard wouldn't be around all of it.
    """
    text = condition.strip()
    if not text:
        return f"{_BEGIN} {guard} && success() {_END}"
    return f"{_BEGIN} {guard} && ({_expression(text)}) {_END}"


def _expression(text: str) -> str:
    if _BEGIN not in text:
        return _whole(text)
    parts = list(_parts(text))
    if len(parts) == 1:
        return parts[0][1]
    pattern = ""
    values: list[str] = []
    for is_expression, part in parts:
        if is_expression:
            pattern += f"{{{len(values)}}}"
            values.append(part)
        else:
            pattern += part.replace("{", "{{").replace("}", "}}").replace("'", "''")
    return f"format('{pattern}', {', '.join(values)})"


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Texts and expressions in turn; whether it is an expression is told first."""
    at = 0
    while (begin := text.find(_BEGIN, at)) >= 0:
        if begin > at:
            yield False, text[at:begin]
        end = _end_of(text, begin + len(_BEGIN))
        yield True, _whole(text[begin + len(_BEGIN) : end].strip())
        at = end + len(_END)
    if at < len(text):
        yield False, text[at:]


def _end_of(text: str, at: int) -> int:
    while not text.startswith(_END, at):
        at = _after(text, at)
    return at


def _after(text: str, at: int) -> int:
    """The place after a character, or after the quoted text that begins there."""
    if at >= len(text):
        raise NoExpression(f"a {_BEGIN} has no {_END}")
    if text[at] != "'":
        return at + 1
    found = _QUOTED.match(text, at)
    if found is None:
        raise NoExpression("a text has no ' at its end")
    return found.end()


def _whole(expression: str) -> str:
    at = depth = 0
    while at < len(expression):
        if expression.startswith(_END, at):
            raise NoExpression(f"{_END} has no {_BEGIN} before it")
        depth += {"(": 1, ")": -1}.get(expression[at], 0)
        if depth < 0:
            raise NoExpression("a ) has no ( before it")
        at = _after(expression, at)
    if depth:
        raise NoExpression("a ( has no ) after it")
    if not expression:
        raise NoExpression(f"nothing is within {_BEGIN} {_END}")
    return expression
