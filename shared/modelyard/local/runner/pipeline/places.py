"""Where things are written, and what only a run can know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.local.runner.expressions.macros import runtime

Number = int | str
"""A whole number, or text with a macro or a runtime expression that gives one."""
Truth = bool | str
"""True or False, or text with a macro or a runtime expression that gives one."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written. Lines and columns count from 1; line 0: on the command line."""

    file: str
    """Relative to its repository's root, with ``/``; ``path@alias`` in another repository."""
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def runtime_expression(value: Any) -> str | None:
    """The expression of a text that is one whole ``$[ ... ]``; None for all else."""
    found = runtime(value) if isinstance(value, str) else None
    return found.text if found else None
