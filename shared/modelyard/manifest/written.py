"""The generated files as they are on the disk, against what they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelyard.errors import InputError

MARK = "Made by `modelyard generate` from the declarations of the operations; don't edit."
"""In every generated file that can hold it, and so what tells one that nothing makes any more."""
OWNED = (
    "docs/reference/*.md",
    "docs/reference/schemas/*.json",
    "docs/reference/templates/*.md",
    "tasks/*/*",
    "actions/*/*",
)
"""Where files of operations are that may have been renamed or removed."""
MARKED = "launch.json"
"""Marks a whole folder: task.json can't hold the mark, since its schema allows no other key."""


@dataclass(frozen=True)
class Part:
    """What is generated inside a file that is written by hand, between two comments."""

    name: str
    text: str

    @property
    def begin(self) -> str:
        """The comment before it."""
        return f"<!-- {self.name}: {MARK} -->"

    @property
    def end(self) -> str:
        """The comment behind it."""
        return f"<!-- end of {self.name} -->"

    def within(self, path: Path) -> str:
        """The whole file with this part in its place.

        :raises InputError: when the file or one of the comments is missing.
        """
        whole = path.read_text(encoding="utf-8") if path.is_file() else ""
        before, begin, rest = whole.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise InputError(
                f"{path.name} has no place for its generated part",
                fix=f"put the lines '{self.begin}' and '{self.end}' where it shall be",
            )
        return f"{before}{begin}\n{self.text}{end}{after}"


Content = str | bytes | Part
"""What a generated file holds: text, bytes, or text within a file that is written by hand."""


@dataclass(frozen=True)
class Change:
    """One file that isn't as it should be. No content: it should not be there."""

    path: str
    content: bytes | None
    why: str

    @property
    def done(self) -> str:
        """What :meth:`make` did, for the log."""
        return "removed" if self.content is None else "written"

    def make(self, root: Path) -> None:
        """Write or remove the file, and a folder that is empty then."""
        path = root / self.path
        if self.content is None:
            path.unlink()
            with suppress(OSError):  # it isn't empty
                path.parent.rmdir()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)  # bytes: line ends are the same on every system


def changes(root: Path, files: Mapping[str, Content]) -> list[Change]:
    """What has to change under ``root`` so that the generated files are these and no others."""
    found = []
    for path, content in files.items():
        whole = content.within(root / path) if isinstance(content, Part) else content
        made = whole.encode() if isinstance(whole, str) else whole
        current = _content(root / path)
        if current is None:
            found.append(Change(path, made, "is missing"))
        elif not _same(current, made):
            found.append(Change(path, made, "differs from what would be written"))
    found.extend(Change(path, None, "belongs to no operation") for path in _orphans(root, files))
    return sorted(found, key=lambda change: change.path)


def _same(current: bytes, made: bytes) -> bool:
    # git on Windows may have changed the line ends of a text, which a picture's signature tells.
    return current == made or (
        not made.startswith(b"\x89PNG") and current.replace(b"\r\n", b"\n") == made
    )


def _orphans(root: Path, files: Mapping[str, Content]) -> Iterator[str]:
    folders = {path.rpartition("/")[0] for path in files}
    for pattern in OWNED:
        for file in filter(Path.is_file, root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            marked = [file]
            if path.rpartition("/")[0] not in folders:
                marked.append(file.with_name(MARKED))
            if path not in files and any(MARK.encode() in (_content(one) or b"") for one in marked):
                yield path


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
