"""The files that are to be sent: found, chosen and checked before anything is."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard import file_links
from modelyard.databricks.files.patterns import fits, selected
from modelyard.errors import FileError
from modelyard.names import shown

log = logging.getLogger(__name__)

LEFT_OUT = (".git", "__pycache__", ".ipynb_checkpoints")
"""What nobody wants in a workspace; the default of the inputs called ``exclude``."""
_EXCLUDED = ", or add it to exclude"


@dataclass(frozen=True)
class LocalFile:
    """A file, as it was when it was found."""

    path: Path
    name: str
    """From the source folder, with ``/``."""
    size: int
    modified: float
    """Seconds since the epoch."""

    def read(self) -> bytes:
        """The whole content.

        :raises FileError: when it can't be read any more, or has another size by now.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise FileError(
                f"{self.path} can't be read: {error.strerror}",
                fix="let this user read it, or add it to exclude",
            ) from None
        if len(content) != self.size:
            raise changed(self.path)
        return content


def changed(path: Path) -> FileError:
    """The error for a file that something writes to while it is sent."""
    return FileError(
        f"{path} changed while it was sent",
        cause="another program writes to it",
        fix="run this step when the file is finished",
    )


def find(source: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[LocalFile]:
    """The chosen files of a folder, by name; or the one file that ``source`` is.

    Links are followed, but not in circles, and only to places below the source folder or the
    working directory: a link in a repository must not send the agent's own files away.

    :raises FileError: when there is no such file or folder, or a chosen file can't be read.
    """
    root = Path(source)
    if root.is_file():
        # Named by the user, so it may lie anywhere.
        return [_file(root, root.name, (root.resolve(),))]
    if not root.is_dir():
        raise FileError(
            f"the source {source} doesn't exist in {Path.cwd()}",
            fix="give the path of a file or folder, from the working directory",
        )
    allowed = (root.resolve(), Path.cwd().resolve())
    found = [
        _file(path, name, allowed)
        for path, name in _walk(root, "", exclude, frozenset({root.resolve()}), allowed)
        if selected(name, include, exclude)
    ]
    return sorted(found, key=lambda file: file.name)


def _walk(
    folder: Path,
    prefix: str,
    exclude: Sequence[str],
    above: frozenset[Path],
    allowed: tuple[Path, ...],
) -> Iterator[tuple[Path, str]]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise FileError(
            f"{folder} can't be read: {error.strerror}",
            fix="let this user read it, or add it to exclude",
        ) from None
    for name in names:
        path, relative = folder / name, prefix + name
        if fits(relative, exclude):
            continue
        if not path.is_dir():
            yield path, relative
            continue
        file_links.check(path, allowed, otherwise=_EXCLUDED)
        real = path.resolve()
        if real in above:
            log.warning("%s is left out: it is a link to a folder above it", shown(str(path)))
            continue
        yield from _walk(path, f"{relative}/", exclude, above | {real}, allowed)


def _check_name(path: Path) -> None:
    try:
        name = path.name.encode()
    except UnicodeEncodeError:
        where = os.fsencode(path).decode(errors="backslashreplace")
        raise FileError(f"the name of {where} isn't UTF-8", fix="rename or exclude it") from None
    if any(byte < 32 or byte == 127 for byte in name):
        raise FileError(
            f"the name of {str(path)!r} has a control character", fix="rename or exclude it"
        )


def _file(path: Path, name: str, allowed: tuple[Path, ...]) -> LocalFile:
    _check_name(path)
    file_links.check(path, allowed, otherwise=_EXCLUDED)
    try:
        status = path.stat()
        readable = os.access(path, os.R_OK)
    except OSError as error:
        raise FileError(
            f"{path} can't be read: {error.strerror}",
            fix="let this user read it, or add it to exclude",
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"{path} isn't an ordinary file", fix="add it to exclude")
    if not readable:
        raise FileError(
            f"{path} can't be read: permission denied",
            fix="let this user read it, or add it to exclude",
        )
    return LocalFile(path, name, status.st_size, status.st_mtime)
