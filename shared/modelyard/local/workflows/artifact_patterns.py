"""The patterns of ``actions/upload-artifact``.

Source: its README ("Upload using Multiple Paths and Exclusions") and that of @actions/glob.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelyard.local.runner.builtin.glob import matches

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Pattern:
    """One line of ``path``."""

    text: str
    """Absolute."""
    folder: Path
    """Where the search begins: what comes before the first wildcard."""
    includes: bool = True

    @classmethod
    def of(cls, line: str, folder: Path) -> Pattern:
        """A line, relative to a folder."""
        text = line.strip()
        includes = not text.startswith("!")
        given = Path(text.lstrip("!").strip()).expanduser()
        parts = PurePosixPath(os.path.normpath(folder / given)).parts
        literal = next((at for at, one in enumerate(parts) if _WILD.search(one)), len(parts))
        return cls(str(PurePosixPath(*parts)), Path(*parts[:literal]), includes)

    def matches(self, path: str) -> bool:
        """Whether it chooses a path: that itself, or a folder that it lies in."""
        here = Path(path)
        return any(matches(str(one), self.text) for one in (here, *here.parents))

    def is_hidden(self, path: str) -> bool:
        """Whether a name below the folder of the search begins with a dot."""
        below = Path(path).relative_to(self.folder).parts or (self.folder.name,)
        return any(one.startswith(".") for one in below)


def root_of(patterns: Sequence[Pattern]) -> Path:
    """The folder that the artifact's paths count from."""
    folders = [one.folder for one in patterns if one.includes]
    if len(folders) > 1:
        return Path(os.path.commonpath(folders))
    return folders[0].parent if folders[0].is_file() else folders[0]
