"""What stands in a folder of the workspace, of DBFS or of a volume."""

from __future__ import annotations

from dataclasses import dataclass

FILE = "file"
FOLDER = "folder"
NOTEBOOK = "notebook"


@dataclass(frozen=True)
class Entry:
    """One thing with a name."""

    path: str
    """Absolute, in the service's own spelling."""
    kind: str
    """``file``, ``folder``, ``notebook``, or the service's name for something else, in lower case
    (``repo``, ``library``, ``dashboard``)."""
    size: int | None = None
    """Bytes, where the service tells."""
    modified: float | None = None
    """Seconds since the epoch, where the service tells."""
    language: str = ""
    """Of a notebook: ``PYTHON``, ``SCALA``, ``SQL`` or ``R``."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rsplit("/", 1)[-1]


def seconds(milliseconds: object) -> float | None:
    """The services count milliseconds; None where they say nothing."""
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
