"""The file system of DBFS, a folder on disk; ``dbfs:/Volumes`` leads to the volumes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.storage import (
    Storage,
    draft_of,
    inside,
    is_draft,
    normal,
)

BLOCK = 1024 * 1024
"""Most bytes that one JSON request may carry or ask for."""


@dataclass(frozen=True)
class FileInfo:
    path: str
    """Without ``dbfs:``."""
    is_dir: bool
    file_size: int
    modification_time: int
    """Milliseconds since the epoch."""


class Dbfs:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def make_folder(self, path: str) -> None:
        """With its parents; what is there stays."""
        target = self._disk(path)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise _already_exists(path) from None

    def check_free(self, path: str, overwrite: bool) -> None:
        """Raises unless a file may be put there."""
        target = self._disk(path)
        if target.is_dir() or (target.exists() and not overwrite):
            raise _already_exists(path)

    def put(self, path: str, content: IO[bytes], overwrite: bool) -> None:
        """A whole file, of any size; its folder is made where it is missing."""
        self.check_free(path, overwrite)
        target = self._disk(path)
        self._make_parent(path, target)
        draft = draft_of(target)
        try:
            with draft.open("wb") as file:
                shutil.copyfileobj(content, file, BLOCK)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def read(self, path: str, offset: int, length: int) -> bytes:
        target = self._existing(path)
        if target.is_dir():
            raise exceptions.invalid_parameter(f"Cannot read: {_shown(path)} is a directory.")
        if offset < 0 or length < 0:
            raise exceptions.invalid_parameter("offset and length must not be negative")
        if length > BLOCK:
            raise exceptions.ApiError(
                400, "MAX_READ_SIZE_EXCEEDED", f"The length {length} exceeds {BLOCK} bytes"
            )
        with target.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def get(self, path: str) -> FileInfo:
        return _info(dbfs_path(path), self._existing(path))

    def entries(self, path: str) -> Sequence[FileInfo]:
        """What a folder holds, sorted; a file holds itself."""
        target = self._existing(path)
        name = dbfs_path(path)
        if not target.is_dir():
            return [_info(name, target)]
        found = {e.name: e for e in target.iterdir() if not is_draft(e.name)}
        if name == "/" and any(self._storage.volumes.iterdir()):
            found["Volumes"] = self._storage.volumes
        return [_info(f"{name.rstrip('/')}/{entry}", found[entry]) for entry in sorted(found)]

    def delete(self, path: str, recursive: bool) -> None:
        """Nothing happens where nothing is, as in the service."""
        target = self._disk(path)
        if dbfs_path(path) in ("/", "/Volumes"):
            raise exceptions.invalid_parameter(f"{_shown(path)} can't be deleted")
        if target.is_dir():
            if any(target.iterdir()) and not recursive:
                raise exceptions.ApiError(
                    400, "IO_ERROR", f"The directory {_shown(path)} is not empty."
                )
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def move(self, source: str, destination: str) -> None:
        """A file or a folder with all it holds, to a path where nothing is."""
        origin = self._existing(source)
        target = self._disk(destination)
        if target.exists():
            raise _already_exists(destination)
        if target.resolve().is_relative_to(origin.resolve()):
            raise exceptions.invalid_parameter(
                f"Cannot move {_shown(source)} into itself: {_shown(destination)}"
            )
        self._make_parent(destination, target)
        origin.rename(target)

    def _disk(self, path: str) -> Path:
        name = dbfs_path(path)
        if name == "/Volumes" or name.startswith("/Volumes/"):
            return inside(self._storage.volumes, name.removeprefix("/Volumes"))
        return inside(self._storage.dbfs, name)

    def _existing(self, path: str) -> Path:
        target = self._disk(path)
        if not target.exists():
            raise exceptions.does_not_exist(f"No file or directory exists on path {_shown(path)}.")
        return target

    def _make_parent(self, path: str, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise _already_exists(path.rpartition("/")[0]) from None


def dbfs_path(path: str) -> str:
    """``dbfs:/a/`` -> ``/a``. Raises INVALID_PARAMETER_VALUE for a path that isn't absolute."""
    return normal(path.removeprefix("dbfs:"))


def _shown(path: str) -> str:
    return f"dbfs:{dbfs_path(path)}"


def _already_exists(path: str) -> exceptions.ApiError:
    return exceptions.already_exists(
        f"A file or directory already exists at the input path {_shown(path)}."
    )


def _info(path: str, target: Path) -> FileInfo:
    status = target.stat()
    folder = target.is_dir()
    return FileInfo(path, folder, 0 if folder else status.st_size, int(status.st_mtime * 1000))
