"""``dbutils.fs`` and ``%fs``: DBFS, volumes, mounts and local files."""

from __future__ import annotations

import posixpath
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from modelyard.local.notebook.dbutils.guide import Helpful
from modelyard.local.notebook.dbutils.mounts import ExecutionError, MountInfo, MountTable
from modelyard.local.notebook.paths import PathMap, split_url


class FileInfo(NamedTuple):
    """A file or folder; the names of folders end in ``/``."""

    path: str
    name: str
    size: int
    modificationTime: int  # noqa: N815
    """Milliseconds since the epoch."""

    def isDir(self) -> bool:  # noqa: N802
        """Whether it is a folder."""
        return self.name.endswith("/")

    def isFile(self) -> bool:  # noqa: N802
        """Whether it is a file."""
        return not self.isDir()


class FileSystem(Helpful):
    """Work with files on DBFS, volumes and mounts."""

    name = "fs"

    def __init__(self, paths: PathMap) -> None:
        self._paths = paths
        self._mounts = MountTable(paths)

    def ls(self, path: str) -> list[FileInfo]:
        """List a folder, or tell about a file."""
        local = self._existing(path)
        base = _url(path)
        if local.is_file():
            return [_info(local, base)]
        children = sorted(local.iterdir(), key=lambda child: child.name)
        return [_info(child, posixpath.join(base, child.name)) for child in children]

    def cp(self, source: str, dest: str, recurse: bool = False) -> bool:
        """Copy a file, or with recurse a folder."""
        local, target = self._existing(source), self._local(dest)
        if local.is_dir():
            if not recurse:
                raise ExecutionError(f"Cannot copy directory {source} unless recurse is true")
            shutil.copytree(local, target, dirs_exist_ok=True)
            return True
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(local, target / local.name if target.is_dir() else target)
        return True

    def mv(self, source: str, dest: str, recurse: bool = False) -> bool:
        """Move a file, or with recurse a folder."""
        local, target = self._existing(source), self._local(dest)
        if local.is_dir() and not recurse:
            raise ExecutionError(f"Cannot move directory {source} unless recurse is true")
        self._refuse_mount_point(local, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file():
            target.unlink()
        shutil.move(local, target)
        return True

    def rm(self, dir: str, recurse: bool = False) -> bool:
        """Remove a file, or with recurse a folder; False when there is none."""
        local = self._local(dir)
        self._refuse_mount_point(local, dir)
        if not local.is_dir() or local.is_symlink():
            existed = local.exists() or local.is_symlink()
            local.unlink(missing_ok=True)
            return existed
        if any(local.iterdir()) and not recurse:
            raise ExecutionError(f"Cannot delete non-empty directory {dir} unless recurse is true")
        shutil.rmtree(local)
        return True

    def mkdirs(self, dir: str) -> bool:
        """Make a folder, and those above it."""
        self._local(dir).mkdir(parents=True, exist_ok=True)
        return True

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Write a text to a file as UTF-8."""
        local = self._local(file)
        if local.exists() and not overwrite:
            raise ExecutionError(f"Cannot write {file}: it exists, and overwrite isn't true")
        local.parent.mkdir(parents=True, exist_ok=True)
        size = local.write_bytes(contents.encode())
        sys.stdout.write(f"Wrote {size} bytes.\n")
        return True

    def head(self, file: str, max_bytes: int = 65536, maxBytes: int | None = None) -> str:  # noqa: N803
        """The first bytes of a file as text."""
        limit = max_bytes if maxBytes is None else maxBytes
        local = self._existing(file)
        if local.is_dir():
            raise ExecutionError(f"Cannot head a directory: {file}")
        with local.open("rb") as stream:
            content = stream.read(limit)
        if local.stat().st_size > limit:
            sys.stdout.write(f"[Truncated to first {limit} bytes]\n")
        return content.decode("utf-8", "replace")

    def mount(
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,  # noqa: ARG002
        extra_configs: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> bool:
        """Mount a storage container or a folder; credentials aren't checked here."""
        self._mounts.mount(source, mount_point, encryption_type)
        return True

    def updateMount(  # noqa: N802
        self,
        source: str,
        mount_point: str,
        encryption_type: str = "",
        owner: str | None = None,  # noqa: ARG002
        extra_configs: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> bool:
        """Mount something else at a mount point."""
        self._mounts.mount(source, mount_point, encryption_type, update=True)
        return True

    def unmount(self, mount_point: str) -> bool:
        """Remove a mount point."""
        self._mounts.unmount(mount_point)
        sys.stdout.write(f"{mount_point} has been unmounted.\n")
        return True

    def mounts(self) -> list[MountInfo]:
        """All mount points."""
        return self._mounts.mounts()

    def refreshMounts(self) -> bool:  # noqa: N802
        """Nothing to do here: every process reads the one mount table."""
        return True

    def _local(self, path: str) -> Path:
        return Path(self._paths.url(path))

    def _existing(self, path: str) -> Path:
        local = self._local(path)
        if not local.exists():
            raise FileNotFoundError(f"No such file or directory {_url(path)}")
        return local

    def _refuse_mount_point(self, local: Path, path: str) -> None:
        if self._mounts.is_mount_point(local):
            raise ExecutionError(f"{path} is a mount point: remove it with dbutils.fs.unmount")


def _url(path: str) -> str:
    """``path`` as Databricks writes it: ``/x`` becomes ``dbfs:/x``."""
    scheme, authority, rest = split_url(path)
    normal = posixpath.normpath("/" + rest.lstrip("/"))
    return f"{scheme}://{authority}{normal}" if authority else f"{scheme}:{normal}"


def _info(local: Path, url: str) -> FileInfo:
    name = posixpath.basename(url)
    try:
        status = local.stat()
    except FileNotFoundError:  # a mount whose source is gone
        return FileInfo(url, name, 0, 0)
    modified = int(status.st_mtime * 1000)
    if local.is_dir():
        return FileInfo(f"{url}/", f"{name}/", 0, modified)
    return FileInfo(url, name, status.st_size, modified)
