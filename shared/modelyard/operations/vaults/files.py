"""Secrets as files that only this user can read, and that are overwritten when the job ends."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from modelyard.context import Context
from modelyard.errors import FileError
from modelyard.operations.vaults.values import Value

FOLDER = "folder"
_TEMPORARY = ("AGENT_TEMPDIRECTORY", "RUNNER_TEMP")
_MARK = "modelyard-secrets-"


def write(values: Sequence[Value], context: Context) -> dict[str, Path]:
    """Write each value to a file of its name; the path by name.

    The folder is kept for the release step before anything is in it.

    :raises FileError: when it can't be made or written.
    """
    contents = {one.name: one.content() for one in values}
    found: dict[str, Path] = {}
    try:
        folder = Path(tempfile.mkdtemp(prefix=_MARK, dir=_temporary(context))).resolve()
        context.keep(FOLDER, str(folder))
        for name, content in contents.items():
            path = folder / name
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(content)
            found[name] = path
    except OSError as error:
        raise FileError(f"secrets can't be written to a file: {error.strerror}") from None
    return found


def shred(folder: Path) -> int:
    """Overwrite and delete every file of a folder that :func:`write` made; how many there were.

    On a disk that keeps old blocks (copy-on-write, SSD) overwriting is the best that a program can
    do.

    :raises FileError: when something can't be deleted.
    """
    if not folder.name.startswith(_MARK):
        raise FileError(f"{folder} was not made for secrets, and is left alone")
    count = 0
    try:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
                continue
            if not path.is_symlink():
                _overwrite(path)
            path.unlink()
            count += 1
        if folder.is_dir():
            folder.rmdir()
    except OSError as error:
        raise FileError(f"{error.filename or folder} can't be deleted: {error.strerror}") from None
    return count


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())


def _temporary(context: Context) -> str | None:
    """The job's own folder, which agents empty; else that of the machine."""
    named = (context.environment.get(one, "") for one in _TEMPORARY)
    return next((one for one in named if one and Path(one).is_dir()), None)
