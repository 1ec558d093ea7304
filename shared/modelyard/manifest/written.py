"""The generated files as they are on the disk, against what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "Made by `modelyard generate` from the declarations of the operations; don't edit."
"""In every generated file, and so what tells one that nothing makes any more."""
OWNED = ("docs/reference/*.md", "docs/reference/schemas/*.json")
"""Where files of operations are that may have been renamed or removed."""


@dataclass(frozen=True)
class Change:
    """One file that isn't as it should be. No text: it should not be there."""

    path: str
    text: str | None
    why: str

    @property
    def done(self) -> str:
        """What :meth:`make` did, for the log."""
        return "removed" if self.text is None else "written"

    def make(self, root: Path) -> None:
        """Write or remove the file."""
        path = root / self.path
        if self.text is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.text.encode())  # bytes: line ends are the same on every system


def changes(root: Path, files: Mapping[str, str]) -> list[Change]:
    """What has to change under ``root`` so that the generated files are these and no others."""
    found = []
    for path, text in files.items():
        current = _content(root / path)
        if current is None:
            found.append(Change(path, text, "is missing"))
        elif current != text:
            found.append(Change(path, text, "differs from what would be written"))
    for pattern in OWNED:
        for file in root.glob(pattern):
            path = file.relative_to(root).as_posix()
            if path not in files and MARK in (_content(file) or ""):
                found.append(Change(path, None, "belongs to no operation"))
    return sorted(found, key=lambda change: change.path)


def _content(path: Path) -> str | None:
    """The text with plain line ends (git on Windows may have changed them); None if absent."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
