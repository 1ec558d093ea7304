"""Evaluating what is between ``${{`` and ``}}``, and saying where it is wrong.

Source: learn.microsoft.com, ``pipelines/process/template-expressions``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelyard.local.runner.expressions import (
    ExpressionError,
    Kind,
    kind,
    parse,
    template,
    to_boolean,
)
from modelyard.local.runner.pipeline.directives import Directive
from modelyard.local.runner.pipeline.nodes import Scalar, placed_items
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.runner.pipeline.scope import Scope


class CompileTime:
    """Evaluates, and notes what can't be."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def value(self, node: Scalar, scope: Scope) -> Any:
        """The value of a text: of any type where one expression is the whole of it.

        :raises Stop: when an expression can't be read or evaluated.
        """
        text = node.text
        stripped = text.strip()
        start = text.find("${{")
        try:
            if stripped.startswith("${{") and (whole := template(stripped).whole):
                return whole.evaluate(scope.contexts)
            start = 0
            return template(text).evaluate(scope.contexts)
        except ExpressionError as error:
            raise self.problems.stop(node.place_of(start + error.offset), error.message) from None

    def holds(self, found: Directive, scope: Scope) -> bool:
        """Whether the condition of an ``if`` or ``elseif`` is true."""
        return to_boolean(self._evaluate(found, scope))

    def elements(self, found: Directive, scope: Scope) -> Iterator[Any]:
        """What an ``each`` turns over: members of a list, or ``key`` and ``value`` of a mapping."""
        value = self._evaluate(found, scope)
        match kind(value):
            case Kind.ARRAY:
                yield from value
            case Kind.OBJECT:
                for key, one in placed_items(value):
                    yield {"key": key, "value": one}
            case _ if value is None or value == "":
                return
            case other:
                message = f"each takes a list or a mapping, not {other.value}"
                raise self.problems.stop(found.key.place_of(found.offset), message)

    def _evaluate(self, found: Directive, scope: Scope) -> Any:
        try:
            return parse(found.expression).evaluate(scope.contexts)
        except ExpressionError as error:
            place = found.key.place_of(found.offset + error.offset)
            raise self.problems.stop(place, error.message) from None
