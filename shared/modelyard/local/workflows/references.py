"""What ``uses`` names.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``
(``jobs.<job_id>.steps[*].uses``, ``jobs.<job_id>.uses``) and GitHub's changelog ("Reference
same-repository actions with self-repository syntax").
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DOCKER = "docker://"
SELF = "$/"
WORKSPACE = "./"
FOLDER = (".github", "workflows")
SUFFIXES = (".yml", ".yaml")
_REMOTE = re.compile(r"([\w.-]+/[\w.-]+)(?:/([^@]*))?@(\S+)", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """A place in a repository."""

    repository: str
    """``OWNER/NAME``; empty: the one that the file which names it is in."""
    path: str
    """A folder or a file in it; empty: its root."""
    ref: str = ""

    @property
    def is_workflow(self) -> bool:
        """Whether it can be a reusable workflow."""
        path = PurePosixPath(self.path)
        return path.parent.parts == FOLDER and path.suffix in SUFFIXES


def is_workflow(file: Path) -> bool:
    """Whether a file is a workflow by its place, the only one where GitHub looks for them."""
    path = file.resolve()
    return path.parent.parts[-2:] == FOLDER and path.suffix in SUFFIXES


def parse(text: str) -> Reference | None:
    """A reference; None for an image or what can't be one."""
    for beginning in (SELF, WORKSPACE):
        if text.startswith(beginning):
            path = posixpath.normpath(text[2:] or ".")
            outside = path == ".." or path.startswith(("../", "/"))
            return None if outside else Reference("", "" if path == "." else path)
    found = _REMOTE.fullmatch(text)
    if found is None:
        return None
    return Reference(found[1], (found[2] or "").strip("/"), found[3])
