"""Where a Python traceback of a notebook points: line and code of the notebook's own frame.

Runtimes differ in how they name a cell, and those of Databricks don't number it. What they have in
common is the line within the cell and the code, and by these :mod:`notebook_cells` finds the cell
again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from modelyard.databricks.remote_text import clean

_HEADERS = (
    # notebook /Shared/wine/train, cell 4, line 3, in <module>: what the local cloud writes
    re.compile(r"^\s*notebook (?P<where>.+), cell (?P<cell>\d+), line (?P<line>\d+)"),
    # File <command-3981>:3    File <command-3981>, line 3    File "<command-3981>", line 3, in f
    re.compile(r'^\s*File "?<(?P<where>[^>]+)>"?(?:, line |:)(?P<line>\d+)'),
    # <command-3981> in <module>      <ipython-input-7-0f> in train(frame)
    re.compile(r"^<(?P<where>(?:command|ipython-input)-[^>]+)> in "),
    # /databricks/python/lib/python3.7/site-packages/pandas/core/generic.py in astype(self)
    re.compile(r"^(?P<where>[~/]\S+) in \S"),
    # Cell In[4], line 3      Input In [4], in <cell line: 3>()
    re.compile(r"^(?:Cell|Input) (?P<where>In ?\[\d+\])(?:, line (?P<line>\d+))?"),
    # File ~/.ipykernel/1084/command--1-2541:3     File /Workspace/Shared/x.py:9, in f(a)
    re.compile(r'^\s*File "?(?P<where>[~/.][^"<>]*?)"?(?:, line |:)(?P<line>\d+)'),
    # <frozen ...> and C:\...: a frame, but never a notebook's
    re.compile(r"^\s*File (?P<where>\S.*)$"),
)
_ARROW = re.compile(r"^-+> ?(?P<line>\d+)(?: (?P<code>.*))?$")
_QUOTED = re.compile(r"^\s{2,}(?P<code>\S.*)$")
_OWN = re.compile(r"(?:^|[/\\])(?:command-|ipython-input-)|^In ?\[")


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback."""

    where: str
    """What the traceback calls it: ``command-3981``, a path."""
    line: int
    code: str
    """The line of code it shows, without indentation; empty where it shows none."""
    cell: int = 0
    """Number of the cell, from 1; 0 where the traceback doesn't tell. Then ``where`` is no path."""

    @property
    def in_notebook(self) -> bool:
        """Whether this is code of a notebook's cell, not of a module."""
        return self.cell > 0 or _OWN.search(self.where) is not None


def frames(trace: str) -> tuple[Frame, ...]:
    """The frames in their order: the last one is where it happened."""
    found: list[Frame] = []
    for text in clean(trace).splitlines():
        header = next((match for pattern in _HEADERS if (match := pattern.match(text))), None)
        if header is not None:
            groups = header.groupdict()
            line, cell = int(groups.get("line") or 0), int(groups.get("cell") or 0)
            found.append(Frame(groups["where"], line, "", cell))
        elif found:
            found[-1] = _with_code(found[-1], text)
    return tuple(found)


def own_frame(trace: str) -> Frame | None:
    """The innermost frame that is the notebook's own code: the line its author can mend."""
    own = [frame for frame in frames(trace) if frame.in_notebook]
    return own[-1] if own else None


def _with_code(frame: Frame, text: str) -> Frame:
    if arrow := _ARROW.match(text):
        return replace(frame, line=int(arrow["line"]), code=(arrow["code"] or "").strip())
    quoted = _QUOTED.match(text)
    # A line of context before the arrow carries its number; it isn't the failing one.
    if frame.code or quoted is None or re.match(r"\d+( |$)", quoted["code"]):
        return frame
    return replace(frame, code=quoted["code"].strip())
