"""Conditions of steps, with one more that has to hold too.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions``. A condition is an
expression without or within ``${{ }}``. With text beside ``${{ }}`` it is a text, which counts as
true unless it is empty, whatever the text says.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.local.workflows import expressions
from modelyard.local.workflows.expressions.spans import BEGIN, END


def guarded(condition: str, guard: str) -> str:
    """Holds only where the guard holds, whatever the form of the condition.

    :param guard: an expression.
    :raises ExpressionError: when the condition is no expression: with such a text the guard
        wouldn't be around all of it.
    """
    text = condition.strip()
    if not text:
        return f"{BEGIN} {guard} && success() {END}"
    return f"{BEGIN} {guard} && ({_expression(text)}) {END}"


def _expression(text: str) -> str:
    if BEGIN not in text:
        return _read(text)
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
    for begin, end in expressions.spans(text):
        if before := text[at : begin - len(BEGIN)]:
            yield False, before
        yield True, _read(text[begin:end].strip())
        at = end + len(END)
    if at < len(text):
        yield False, text[at:]


def _read(text: str) -> str:
    """The text, which has to be an expression."""
    expressions.uses(text)
    return text
