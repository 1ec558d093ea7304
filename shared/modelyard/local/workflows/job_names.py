"""What a job is called in a copy for act, so that act's log tells which one it is.

act names a job by its own name and that of whoever called it directly. In a copy the name has the
whole way: for each job on it the id, the name, and the matrix as JSON. Callers hand it on in an
input of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "modelyard-path"
"""The input that called workflows get in a copy."""
_PATH = f"${{{{ inputs.{INPUT} }}}}"
_BEGIN, _FRAME, _FIELD = "\x1e", "\x1c", "\x1d"


@dataclass(frozen=True)
class Frame:
    """One job on the way."""

    id: str
    title: str
    """Its expressions evaluated."""
    matrix: str = ""
    """As JSON; empty: it has none, or it is the last one, of which act says it beside."""


def name_of(id: str, title: str, *, called: bool) -> str:
    """The name of a job.

    :param called: whether its workflow is called by another.
    """
    return f"{_BEGIN}{_PATH if called else ''}{_FRAME}{id}{_FIELD}{title}{_FIELD}"


def handed_on(id: str, title: str, *, called: bool, matrix: bool) -> str:
    """The value of the input that a job gives the workflow that it calls."""
    values = "${{ toJSON(matrix) }}" if matrix else ""
    return f"{_PATH if called else ''}{_FRAME}{id}{_FIELD}{title}{_FIELD}{values}"


def read(name: str) -> tuple[Frame, ...]:
    """The way to a job, from what act calls it; empty where it isn't one of ours."""
    _, begin, rest = name.rpartition(_BEGIN)
    if not begin:
        return ()
    frames = []
    for part in rest.split(_FRAME)[1:]:
        name, title, matrix = [*part.split(_FIELD), "", ""][:3]
        frames.append(Frame(name, " ".join(title.split()), matrix.strip()))
    last = frames[-1]
    return (*frames[:-1], Frame(last.id, last.title))  # act puts a number behind it


def values(matrix: str) -> Mapping[str, Any]:
    """A matrix leg as a mapping; empty where it isn't one."""
    try:
        found = json.loads(matrix)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
