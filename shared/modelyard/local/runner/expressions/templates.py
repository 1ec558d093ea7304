"""Text with ``${{ }}``: compile-time expressions.

Source: learn.microsoft.com, ``pipelines/process/template-expressions``. An expression that is the
whole text keeps its type; within text it becomes text. ``${{ 'my${{value' }}`` escapes: what is in
quotes begins and ends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from modelyard.local.runner.expressions.coercion import to_text
from modelyard.local.runner.expressions.exceptions import BadValue, ExpressionError
from modelyard.local.runner.expressions.expression import NO_FUNCTIONS, Expression, parse
from modelyard.local.runner.expressions.functions import Function

OPENING, CLOSING = "${{", "}}"
# Up to the first }} that isn't in quotes. A quote without an end reaches to the end of the text.
_INSIDE = re.compile(r"(?:[^'}]|'[^']*'|\}(?!\}))*(?=\}\})")


@dataclass(frozen=True)
class Embedded:
    """An expression in a text."""

    expression: Expression
    offset: int
    """Of the first character after ``${{``, in the whole text."""

    def evaluate(
        self, contexts: Mapping[str, Any], functions: Mapping[str, Function] = NO_FUNCTIONS
    ) -> Any:
        """:raises ExpressionError: with an offset in the whole text."""
        try:
            return self.expression.evaluate(contexts, functions)
        except ExpressionError as error:
            raise error.moved(self.offset) from error


@dataclass(frozen=True)
class Template:
    """A text, cut where its expressions begin and end."""

    parts: tuple[str | Embedded, ...]

    @property
    def expressions(self) -> tuple[Embedded, ...]:
        """Its expressions, in order."""
        return tuple(part for part in self.parts if isinstance(part, Embedded))

    @property
    def whole(self) -> Embedded | None:
        """The expression, if it is all there is."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first if isinstance(first, Embedded) else None

    def evaluate(
        self, contexts: Mapping[str, Any], functions: Mapping[str, Function] = NO_FUNCTIONS
    ) -> Any:
        """A value of any kind for one whole expression, else a text.

        :raises ExpressionError: when an expression has no value, or within text one that can't
            become text: an array or object.
        """
        if whole := self.whole:
            return whole.evaluate(contexts, functions)
        return "".join(
            part if isinstance(part, str) else _text(part, contexts, functions)
            for part in self.parts
        )


@lru_cache(maxsize=8192)
def template(text: str) -> Template:
    """Cut a text and read its expressions.

    :raises ExpressionError: when one isn't closed or can't be read, with an offset in the text.
    """
    parts: list[str | Embedded] = []
    at = 0
    while (start := text.find(OPENING, at)) >= 0:
        if start > at:
            parts.append(text[at:start])
        inside = start + len(OPENING)
        found = _INSIDE.match(text, inside)
        if not found:
            raise ExpressionError("the expression isn't closed: }} is missing", start)
        parts.append(_embedded(found[0], inside))
        at = found.end() + len(CLOSING)
    if at < len(text):
        parts.append(text[at:])
    return Template(tuple(parts))


def _embedded(text: str, offset: int) -> Embedded:
    try:
        return Embedded(parse(text), offset)
    except ExpressionError as error:
        raise error.moved(offset) from error


def _text(part: Embedded, contexts: Mapping[str, Any], functions: Mapping[str, Function]) -> str:
    value = part.evaluate(contexts, functions)
    try:
        return to_text(value)
    except BadValue as error:
        message = f"{error}: within text write convertToJson(...) or join(...)"
        raise ExpressionError(message, part.offset) from error
