"""The expression language of Azure Pipelines.

:func:`parse` reads an expression, :meth:`Expression.evaluate` gives its value, :func:`template`
reads text with ``${{ }}`` in it (:mod:`.templates`); ``$(name)`` and ``$[ ]`` are in
:mod:`.macros`. The values are those of :mod:`.values`, conversions those of :mod:`.coercion`.

Source: learn.microsoft.com, ``azure/devops/pipelines/process/expressions``. Where the page says
nothing, what the service answered to ``previewRun`` requests decides: they are recorded in
PGielniak/azdo-pipeline-emulator at c13a24e4, ``research/E02-expressions.md``, with numbers such as
C-E02-021, which the tests name.
"""

from modelyard.local.runner.expressions.coercion import (
    to_boolean,
    to_number,
    to_text,
    to_version,
)
from modelyard.local.runner.expressions.comparison import compare, convert, equal
from modelyard.local.runner.expressions.exceptions import BadValue, ExpressionError
from modelyard.local.runner.expressions.expression import Expression, parse
from modelyard.local.runner.expressions.functions import Function
from modelyard.local.runner.expressions.names import ContextUse, FunctionUse, Names
from modelyard.local.runner.expressions.templates import Embedded, Template, template
from modelyard.local.runner.expressions.values import (
    ExactDict,
    FilteredArray,
    Kind,
    RequiredDict,
    Version,
    kind,
)

__all__ = [
    "parse",
    "Expression",
    "ExpressionError",
    "Names",
    "ContextUse",
    "FunctionUse",
    "Function",
    "BadValue",
    "template",
    "Template",
    "Embedded",
    "Kind",
    "kind",
    "Version",
    "FilteredArray",
    "ExactDict",
    "RequiredDict",
    "to_boolean",
    "to_number",
    "to_text",
    "to_version",
    "convert",
    "equal",
    "compare",
]
