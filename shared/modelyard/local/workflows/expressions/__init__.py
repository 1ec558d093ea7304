"""GitHub's expressions, read and checked: act evaluates them.

Azure's language (:mod:`modelyard.local.runner.expressions`) has no operators, other literals and
other names: the two share the error that says what is wrong and where, and nothing else.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions``.
"""

from modelyard.local.runner.expressions.exceptions import ExpressionError
from modelyard.local.workflows.expressions.parser import Called, Named, Use, uses
from modelyard.local.workflows.expressions.spans import is_one, spans

__all__ = ["Called", "ExpressionError", "Named", "Use", "is_one", "spans", "uses"]
