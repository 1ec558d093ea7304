"""``%sql`` cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# Quoted texts and comments are passed over; what is left over is split at semicolons.
_PIECE = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/|;|.""", re.DOTALL
)
_TEXT_PARAMETER = re.compile(r"\$\{\s*(?:getArgument\()?[\"']?([\w.]+)[\"']?\)?\s*\}")
_MARKER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


def statements(text: str) -> list[str]:
    """The statements of a cell, without the empty ones."""
    parts = [""]
    for piece in _PIECE.findall(text):
        if piece == ";":
            parts.append("")
        elif not piece.startswith(("--", "/*")):
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def run(text: str, spark: Any, parameters: Mapping[str, str], show: Callable[[Any], None]) -> Any:
    """Run a cell; returns the DataFrame of its last statement, shown if it has columns.

    ``${name}`` is replaced as text, ``:name`` is given to Spark as a parameter.
    """
    result = None
    for statement in statements(text):
        query = _TEXT_PARAMETER.sub(lambda m: parameters.get(m[1], m[0]), statement)
        used = {name: parameters[name] for name in _MARKER.findall(query) if name in parameters}
        result = spark.sql(query, args=used) if used else spark.sql(query)
    if result is not None and result.columns:
        show(result)
    return result
