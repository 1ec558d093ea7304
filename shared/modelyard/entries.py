"""What stands in a folder that a service keeps."""

from __future__ import annotations

from dataclasses import dataclass

FILE = "file"
FOLDER = "folder"


@dataclass(frozen=True)
class Entry:
    """One thing with a name."""

    path: str
    """In the service's own spelling; its last part is the name."""
    kind: str
    """``file``, ``folder``, or the service's name for something else, in lower case."""
    size: int | None = None
    """Bytes, where the service tells."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rsplit("/", 1)[-1]
