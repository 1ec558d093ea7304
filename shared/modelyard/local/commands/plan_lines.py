"""How a plan is written, of a pipeline and of a workflow."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from modelyard.databricks.remote_text import clean


def show(lines: Iterable[str]) -> None:
    """Write them, without the control characters that names and values may have."""
    sys.stdout.writelines(f"{clean(line)}\n" for line in lines)


def counted(count: int, what: str) -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def condition(indent: str, text: str) -> Iterator[str]:
    """A step's or a job's condition on one line; nothing where there is none."""
    if text:
        yield f"{indent}if {' '.join(text.split())}"


def value(name: str, text: str) -> Iterator[str]:
    """A step's input, all its lines."""
    first, *rest = text.rstrip("\n").splitlines() or [""]
    if not rest:
        yield f"      {name}: {first}"
        return
    yield f"      {name}:"
    yield from (f"        {line}" for line in (first, *rest))
