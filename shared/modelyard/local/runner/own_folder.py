"""Folders of one's own: no two of those who ask for one get the same."""

from __future__ import annotations

import re
from pathlib import Path

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")
_MOST = 1000
_LONGEST = 100
"""Characters; a file system takes 255, and paths in it have their limits too."""


def plain(name: str) -> str:
    """A name that any file system takes, without blanks: scripts rely on that."""
    return _NOT_PLAIN.sub("-", name).strip("-.") or "step"


def own_folder(parent: Path, name: str) -> Path:
    """A new folder: ``parent/name``, or ``parent/name-2`` where another has that name already.

    Different names may have one plain form, and file systems that don't tell upper from lower case
    know fewer still: who makes the folder, has it.

    :raises FileExistsError: when a thousand have it.
    """
    parent.mkdir(parents=True, exist_ok=True)
    short = plain(name)[:_LONGEST]
    for number in range(1, _MOST):
        folder = parent / (short if number == 1 else f"{short}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{parent} has a thousand folders that are called {short}")
