"""IPython syntax in Python cells: ``%pip install x``, ``!ls``. Rewritten to calls before compiling.

Only what isn't Python is rewritten: ``%`` at the start of a line can also be the modulo operator
of an expression in brackets, or text in a string. So the parser is asked first, and again after
each line that it stumbled over.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CALL = "_modelyard_magic"
"""Name in the notebook's namespace of the function that runs a magic: ``(name, arguments)``."""

_LINE = re.compile(r"(\s*)(?:%%?([A-Za-z]\w*)|(!))[ \t]*(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\{(\w+)\}|\$(\w+)")


def rewrite(source: str) -> str:
    """``source`` with its magic lines as calls; every line keeps its number.

    What still isn't Python afterwards is left for the compiler to complain about.
    """
    lines = source.split("\n")
    for _ in range(len(lines) + 1):
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            if not _rewrite_line(lines, (error.lineno or 0) - 1):
                return "\n".join(lines)
        except ValueError:  # null bytes: the compiler says it better
            return source
        else:
            return "\n".join(lines)
    return "\n".join(lines)


def _rewrite_line(lines: list[str], number: int) -> bool:
    """Rewrite line ``number`` (from 0), or the first magic line where that isn't one."""
    candidates = [number] if 0 <= number < len(lines) and _LINE.fullmatch(lines[number]) else []
    # An open bracket or quote in a magic line is sometimes reported further down.
    candidates += [i for i, line in enumerate(lines) if _LINE.fullmatch(line)]
    if not candidates:
        return False
    start = candidates[0]
    end = start
    while lines[end].endswith("\\") and end + 1 < len(lines):
        end += 1
    text = "\n".join(lines[start : end + 1]).replace("\\\n", " ")
    match = _LINE.fullmatch(text)
    if match is None:
        return False
    name = match[2] or match[3]
    lines[start] = f"{match[1]}{CALL}({name!r}, {match[4]!r})"
    lines[start + 1 : end + 1] = [""] * (end - start)
    return True


def expand(arguments: str, names: Mapping[str, Any]) -> str:
    """``{name}`` and ``$name`` replaced by Python variables that hold a text, number or path."""

    def value(match: re.Match[str]) -> str:
        found = names.get(match[1] or match[2])
        simple = isinstance(found, str | int | float | Path) and not isinstance(found, bool)
        return str(found) if simple else match[0]

    return _VARIABLE.sub(value, arguments)
