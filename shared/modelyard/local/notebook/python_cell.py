"""Running the text of a Python cell: its statements, then its last expression for display."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
from collections.abc import Callable
from types import CodeType
from typing import Any

from modelyard.local.notebook.line_magics import rewrite

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def run(
    source: str,
    filename: str,
    namespace: dict[str, Any],
    show: Callable[[object], None],
    event_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Execute ``source``; a last expression's value goes to ``show`` unless it ends with ``;``.

    ``await`` is allowed at the top, as in IPython; then ``event_loop()`` runs the cell.
    """
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    statements, last = compile_cell(rewrite(source), filename)
    _evaluate(statements, namespace, event_loop)
    if last is not None:
        value = _evaluate(last, namespace, event_loop)
        if value is not None:
            show(value)


def compile_cell(source: str, filename: str) -> tuple[CodeType, CodeType | None]:
    """The statements, and the last expression if it is to be shown; raises SyntaxError."""
    tree = ast.parse(source, filename)
    last: CodeType | None = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _silenced(source):
        expression = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        last = compile(expression, filename, "eval", flags=_FLAGS, dont_inherit=True)
    return compile(tree, filename, "exec", flags=_FLAGS, dont_inherit=True), last


def _silenced(source: str) -> bool:
    lines = [line for line in source.splitlines() if line.strip()]
    return bool(lines) and lines[-1].partition("#")[0].rstrip().endswith(";")


def _evaluate(
    code: CodeType,
    namespace: dict[str, Any],
    event_loop: Callable[[], asyncio.AbstractEventLoop],
) -> object:
    result: object = eval(code, namespace)  # noqa: S307 - running the notebook's code is the task
    if code.co_flags & inspect.CO_COROUTINE and inspect.iscoroutine(result):
        return event_loop().run_until_complete(result)
    return result
