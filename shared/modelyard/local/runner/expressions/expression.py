"""Expressions, read once and evaluated any number of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from modelyard.local.runner.expressions.evaluator import Scope, evaluate
from modelyard.local.runner.expressions.functions import Function
from modelyard.local.runner.expressions.names import Names, names
from modelyard.local.runner.expressions.parser import tree
from modelyard.local.runner.expressions.syntax import Node

NO_FUNCTIONS: Mapping[str, Function] = MappingProxyType({})


@dataclass(frozen=True)
class Expression:
    """An expression, as :func:`parse` makes it."""

    text: str
    _tree: Node = field(repr=False)
    _names: Names = field(repr=False)

    def names(self) -> Names:
        """The contexts and functions it uses."""
        return self._names

    def check(
        self, contexts: Mapping[str, Any], functions: Mapping[str, Function] = NO_FUNCTIONS
    ) -> None:
        """That its names exist, without evaluating it.

        :raises ExpressionError: for the first that doesn't.
        """
        self._names.check(contexts, _lowered(functions))

    def evaluate(
        self, contexts: Mapping[str, Any], functions: Mapping[str, Function] = NO_FUNCTIONS
    ) -> Any:
        """Its value: None, bool, float, str, ``Version``, a list, a mapping, or what a context has.

        :param contexts: the named values, compared without regard to case.
        :param functions: what is there beside the language's own, by name.
        :raises ExpressionError: for a name that doesn't exist, also where evaluation doesn't come
            to it, and when a function or conversion has no value.
        """
        lowered = _lowered(functions)
        self._names.check(contexts, lowered)
        return evaluate(self._tree, Scope(contexts, lowered))


@lru_cache(maxsize=8192)
def parse(text: str) -> Expression:
    """Read an expression, without the ``${{ }}`` or ``$[ ]`` around it.

    :raises ExpressionError: when it isn't one.
    """
    node = tree(text)
    return Expression(text, node, names(node))


def _lowered(functions: Mapping[str, Function]) -> Mapping[str, Function]:
    return {name.lower(): one for name, one in functions.items()} if functions else functions
