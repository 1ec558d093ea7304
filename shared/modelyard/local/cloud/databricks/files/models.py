"""Files and folders below ``/Volumes`` and ``/WorkspaceInternal/Mlflow/Artifacts``.

A file's folder must exist in a volume; MLflow clients upload without making folders, so theirs
are made for them.
"""

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
from modelyard.local.cloud.databricks.unity.models import Unity

ARTIFACTS = "/WorkspaceInternal/Mlflow/Artifacts"


@dataclass(frozen=True)
class Entry:
    """A file or a folder as a listing shows it."""

    path: str
    name: str
    is_directory: bool
    file_size: int
    last_modified: int
    """Milliseconds since the epoch."""


@dataclass(frozen=True)
class Place:
    """Where a path of the API is on disk."""

    root: Path
    """The volume's folder, or that of all artifacts."""
    target: Path
    makes_folders: bool


class Files:
    """``user`` is who calls: the owner of a volume that is made on the way."""

    def __init__(self, storage: Storage, unity: Unity) -> None:
        self._storage = storage
        self._unity = unity

    def check_free(self, path: str, user: str, overwrite: bool) -> Place:
        """Raises unless a file may be put there."""
        place = self._place(path, user, writing=True)
        if place.target == place.root or place.target.is_dir():
            raise exceptions.ApiError(409, "ALREADY_EXISTS", f"{path} is a directory.")
        if place.target.exists() and not overwrite:
            raise exceptions.ApiError(409, "ALREADY_EXISTS", f"The file {path} already exists.")
        if place.makes_folders:
            place.target.parent.mkdir(parents=True, exist_ok=True)
        elif not place.target.parent.is_dir():
            raise _not_found(f"The parent directory of {path} does not exist.")
        return place

    def put(self, path: str, content: IO[bytes], user: str, overwrite: bool) -> None:
        """A whole file of any size; it appears when it is complete."""
        target = self.check_free(path, user, overwrite).target
        draft = draft_of(target)
        try:
            with draft.open("wb") as file:
                shutil.copyfileobj(content, file, 1024 * 1024)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def file(self, path: str, user: str) -> Path:
        """A file that exists; raises NOT_FOUND."""
        target = self._place(path, user).target
        if not target.is_file():
            raise _not_found(f"The file {path} does not exist.")
        return target

    def delete(self, path: str, user: str) -> None:
        self.file(path, user).unlink()

    def make_folder(self, path: str, user: str) -> None:
        """With its parents; what is there stays."""
        target = self._place(path, user, writing=True).target
        try:
            target.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise exceptions.ApiError(
                409, "ALREADY_EXISTS", f"A file is in the way of the directory {path}."
            ) from None

    def folder(self, path: str, user: str) -> Path:
        """A folder that exists; raises NOT_FOUND."""
        target = self._place(path, user).target
        if not target.is_dir():
            raise _not_found(f"The directory {path} does not exist.")
        return target

    def entries(self, path: str, user: str) -> Sequence[Entry]:
        """What a folder holds, sorted by name."""
        folder = self.folder(path, user)
        name = normal(path)
        return [
            _entry(f"{name}/{found.name}", found)
            for found in sorted(folder.iterdir())
            if not is_draft(found.name)
        ]

    def delete_folder(self, path: str, user: str) -> None:
        """Must be empty, and no volume itself."""
        folder = self.folder(path, user)
        if folder == self._place(path, user).root:
            raise exceptions.invalid_parameter(f"{path} is the root of a volume.")
        if any(folder.iterdir()):
            raise exceptions.ApiError(
                400,
                "INVALID_PARAMETER_VALUE",
                f"The directory {path} is not empty.",
                "FILES_API_DIRECTORY_IS_NOT_EMPTY",
            )
        folder.rmdir()

    def _place(self, path: str, user: str, writing: bool = False) -> Place:
        name = normal(path)
        if name.startswith(f"{ARTIFACTS}/"):
            root = self._storage.artifacts
            target = inside(root, name.removeprefix(ARTIFACTS))
            return Place(root, target, makes_folders=True)
        first, *parts = name.strip("/").split("/")
        if first != "Volumes":
            raise exceptions.invalid_parameter(
                f"Invalid path: unsupported first path component: {first}. The path must begin "
                "with /Volumes/<catalog>/<schema>/<volume>/."
            )
        if len(parts) < 3:
            raise exceptions.invalid_parameter(
                f"Invalid path: {path} must name a volume: /Volumes/<catalog>/<schema>/<volume>/."
            )
        root = self._unity.volume(".".join(parts[:3]), user, writing)
        return Place(root, inside(root, "/".join(parts[3:])), makes_folders=False)


def _entry(path: str, found: Path) -> Entry:
    status = found.stat()
    folder = found.is_dir()
    size = 0 if folder else status.st_size
    return Entry(path, found.name, folder, size, int(status.st_mtime * 1000))


def _not_found(message: str) -> exceptions.ApiError:
    return exceptions.ApiError(404, "NOT_FOUND", message)
