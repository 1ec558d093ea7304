"""Mount points: links in the folder that is the DBFS root.

So everything sees them: dbutils, Python files, Spark, and the DBFS API of the local cloud. A table
beside the folder keeps their sources.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.local.notebook.paths import PathError, PathMap, split_url


class MountInfo(NamedTuple):
    """A mount point."""

    mountPoint: str  # noqa: N815
    source: str
    encryptionType: str  # noqa: N815


class ExecutionError(Exception):
    """A file system call failed; the name is Databricks' (``ExecutionError``)."""


class MountTable:
    """The mount points of a workspace."""

    def __init__(self, paths: PathMap) -> None:
        self._paths = paths

    def mounts(self) -> list[MountInfo]:
        """All mount points, the DBFS root first."""
        table = [MountInfo("/", "DatabricksRoot", "")]
        return table + [MountInfo(point, *entry) for point, entry in sorted(self._read().items())]

    def mount(self, source: str, point: str, encryption: str, *, update: bool = False) -> None:
        """Mount ``source`` at ``point``; raises :class:`ExecutionError`."""
        point = _checked(point)
        table = self._read()
        if (point in table) != update:
            problem = "Mount point not found" if update else "Directory already mounted"
            raise ExecutionError(f"{problem}: {point}")
        try:
            folder = Path(self._paths.url(source))
        except PathError as error:
            raise ExecutionError(f"can't mount {source}: {error}") from None
        if not folder.is_dir():
            raise ExecutionError(
                f"can't mount {source}: the folder {folder} doesn't exist on this machine"
            )
        link = self._link(point)
        if update:
            link.unlink(missing_ok=True)
        elif link.is_symlink() or (link.exists() and (link.is_file() or any(link.iterdir()))):
            raise ExecutionError(f"can't mount at {point}: it exists and isn't an empty folder")
        elif link.exists():
            link.rmdir()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(folder.resolve(), target_is_directory=True)
        self._write({**table, point: (source, encryption)})

    def unmount(self, point: str) -> None:
        """Remove a mount point, not what is behind it; raises :class:`ExecutionError`."""
        point = _checked(point)
        table = dict(self._read())
        if point not in table:
            raise ExecutionError(f"Directory not mounted: {point}")
        self._link(point).unlink(missing_ok=True)
        del table[point]
        self._write(table)

    def is_mount_point(self, local: Path) -> bool:
        """Whether ``local`` is the link of a mount point."""
        return local.is_symlink() and any(local == self._link(point) for point in self._read())

    def _root(self) -> Path:
        return Path(self._paths.url("dbfs:/"))

    def _link(self, point: str) -> Path:
        return self._root() / point.lstrip("/")

    def _file(self) -> Path:
        return self._root().with_name(self._root().name + ".mounts.json")

    def _read(self) -> dict[str, tuple[str, str]]:
        try:
            document: Mapping[str, Any] = json.loads(self._file().read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        # A link that is gone was removed with the whole DBFS: so is its mount.
        return {
            point: (entry[0], entry[1])
            for point, entry in document.items()
            if self._link(point).is_symlink()
        }

    def _write(self, table: Mapping[str, tuple[str, str]]) -> None:
        file = self._file()
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_text(json.dumps(table, indent=1), encoding="utf-8")
        new.replace(file)  # readers see the old table or the new one


def _checked(point: str) -> str:
    scheme, _, path = split_url(point)
    if scheme != "dbfs" or path.strip("/") == "":
        raise ExecutionError(f"{point} can't be a mount point: it is a DBFS path such as /mnt/data")
    return "/" + path.strip("/")
