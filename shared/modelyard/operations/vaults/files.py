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
"""Beginning of the keys of the folders that the release step clears: a job may make several."""
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
        context.keep(f"{FOLDER} {folder.name}", str(folder))
        for name, content in contents.items():
            path = folder / name
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(content)
            found[name] = path
    except OSError as error:
        raise FileError(
            f"secrets can't be written to a file: {error.strerror}",
            fix="free space, and see that the job's temporary folder may be written",
        ) from None
    return found


def shred(folder: Path) -> int:
    """Overwrite and delete every file of a folder that :func:`write` made; how many there were.

    Whatever a later step made of their modes. On a disk that keeps old blocks (copy-on-write, SSD)
    overwriting is the best that a program can do.

    :raises FileError: one for all that can't be deleted; the rest is.
    """
    if not folder.name.startswith(_MARK):
        raise FileError(
            f"{folder} was not made for secrets, and is left alone",
            fix="remove it by hand if it isn't needed",
        )
    problems: list[str] = []
    count = _empty(folder, problems)
    if problems:
        raise FileError(
            "\n".join(["files of secrets can't be deleted:", *problems]),
            fix="delete them by hand, as a user that may",
        )
    return count


def _empty(folder: Path, problems: list[str]) -> int:
    """Delete the folder with all that is in it; how many files those were."""
    count = 0
    try:
        folder.chmod(0o700)
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                count += _empty(path, problems)
            else:
                count += _delete(path, problems)
        if not problems:
            folder.rmdir()
    except OSError as error:
        problems.append(f"  {folder}: {error.strerror}")
    return count


def _delete(path: Path, problems: list[str]) -> int:
    """Overwrite the file, and delete it also where that can't be done."""
    try:
        try:
            if path.is_file() and not path.is_symlink():
                _overwrite(path)
        finally:
            path.unlink()
    except OSError as error:
        held = "stays" if path.is_symlink() or path.exists() else "deleted, but not overwritten"
        problems.append(f"  {path}: {held}, {error.strerror}")
        return 0
    return 1


def _overwrite(path: Path) -> None:
    path.chmod(0o600)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())


def _temporary(context: Context) -> str | None:
    """The job's own folder, which agents empty; else that of the machine."""
    named = (context.environment.get(one, "") for one in _TEMPORARY)
    return next((one for one in named if one and Path(one).is_dir()), None)
