"""A folder that a service keeps, downloaded to this machine whole or not at all.

Names come from whoever put the files there: they are untrusted.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from modelyard import downloaded_folders
from modelyard.entries import FOLDER, Entry
from modelyard.errors import FileError, NotFound, ServiceError, Unreachable
from modelyard.names import shown, size_text

log = logging.getLogger(__name__)

DEPTH = 20
"""Folders within folders; what is deeper is refused."""
ATTEMPTS = 3
"""A file whose download broke off is begun anew, so often."""
_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]|^\.{1,2}$|^$|^[A-Za-z]:")


class Store(Protocol):
    """Where the files are. Paths are relative to its root; the root itself is ''."""

    @property
    def shown(self) -> str:
        """How messages call the root."""
        ...

    def children(self, folder: str) -> Sequence[Entry] | None:
        """What a folder holds; None when there is no such folder."""
        ...

    def read(self, file: str) -> Iterator[bytes]:
        """A file's content."""
        ...


def download(source: Store, target: Path, *, known_by: str = "") -> int:
    """Download everything into a folder, which afterwards holds this and nothing else.

    The folder appears when all of it is there. Which one is replaced, and which is left alone,
    :func:`downloaded_folders.check` says.

    :param known_by: see there.
    :returns: the number of files.
    :raises NotFound: when there is nothing.
    :raises FileError: when the folder can't be written, or is left alone.
    """
    downloaded_folders.check(target, known_by=known_by)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise FileError(
            f"{target} can't be made: {error.strerror}", fix="name a folder that this user may make"
        ) from None
    try:
        files, size = 0, 0
        for path, entry in _walk(source, "", 0):
            size += _fetch(source, path, entry.size, scratch / path)
            files += 1
        if not files:
            raise NotFound(
                f"there are no files at {source.shown}",
                fix="see that what makes them ran to its end, and that the name is right",
            )
        downloaded_folders.replace(target, scratch, known_by=known_by)
    except OSError as error:
        raise FileError(
            f"{target} can't be written: {error.strerror}",
            fix="free space on the machine, and see that this user may write the folder",
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("%s: %d files, %s, downloaded", target, files, size_text(size))
    return files


def _walk(source: Store, folder: str, depth: int) -> Iterator[tuple[str, Entry]]:
    if depth > DEPTH:
        raise ServiceError(f"{source.shown} has more than {DEPTH} folders within folders")
    for entry in source.children(folder) or []:
        if _UNSAFE.search(entry.name):
            raise ServiceError(
                f"{source.shown} has a file with the name {entry.name!r}, which may lead out "
                "of the folder: nothing is downloaded"
            )
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.kind == FOLDER:
            yield from _walk(source, path, depth + 1)
        else:
            yield path, entry


def _fetch(source: Store, path: str, size: int | None, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    attempt = 1
    while True:
        try:
            return _write(source, path, size, target)
        except Unreachable as error:
            if attempt == ATTEMPTS:
                raise
            log.info("%s; once more", error.what)
        attempt += 1


def _write(source: Store, path: str, size: int | None, target: Path) -> int:
    written = 0
    with target.open("wb") as file:
        for block in source.read(path):
            written += file.write(block)
    if size is not None and written != size:
        raise Unreachable(f"{shown(path)} has {size} bytes, and {written} of them came")
    return written
