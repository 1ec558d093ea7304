"""Unpack an image's layers into a folder.

Layers are untrusted: nothing is written outside the folder, whatever names and links they hold.
Whiteouts: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from modelyard.errors import ImageFailed
from modelyard.images.layout import Descriptor, Layout, Manifest

log = logging.getLogger(__name__)

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
MOST_BYTES = 50 * 1024**3
"""An image that unpacks to more than this is taken for an attack or a mistake."""


def unpack(layout: Layout, manifest: Manifest, folder: Path, most: int = MOST_BYTES) -> None:
    """Unpack all layers, bottom first, into ``folder``, which is made.

    Absolute symbolic links are made relative, so that they lead to the same place inside the
    folder. Owners, set-uid bits and device files are left out: no privilege is needed.

    :param most: bytes that the files may have together.
    :raises ImageFailed: for a layer that isn't what its digest says, that names a path outside, or
        that has a format this can't read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    left = most
    for layer in manifest.layers:
        left = _Unpacking(root, layer, left).apply(layout.path(layer.digest))


class _Unpacking:
    """One layer on its way into the folder."""

    def __init__(self, root: Path, layer: Descriptor, left: int) -> None:
        self._root = root
        self._layer = layer
        self._left = left
        self._written: set[Path] = set()

    def apply(self, path: Path) -> int:
        """Unpack it; the bytes that are left of the allowance."""
        try:
            with path.open("rb") as file:
                source = _Hashing(file)
                with tarfile.open(fileobj=source, mode="r|*") as tar:
                    for member in tar:
                        self._member(tar, member)
                source.exhaust()
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise self._refused(
                f"it can't be read: {error}", f"media type {self._layer.media_type}"
            ) from None
        except OSError as error:
            raise self._refused(f"{error.strerror or error}") from None
        if f"sha256:{source.hexdigest}" != self._layer.digest:
            raise self._refused("it isn't what its digest says")
        return self._left

    def _member(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        parts = [part for part in PurePosixPath(member.name).parts if part not in ("/", ".")]
        if ".." in parts or "\0" in member.name or member.name.startswith("/"):
            raise self._refused(f"it names a path outside: {member.name!r}")
        if not parts:
            return  # the root itself
        parent = self._real(parts[:-1], member.name)
        if parts[-1] == OPAQUE:
            self._clear(parent)
        elif parts[-1].startswith(WHITEOUT):
            self._whiteout(parent, parts[-1].removeprefix(WHITEOUT), member.name)
        else:
            parent.mkdir(parents=True, exist_ok=True)
            self._write(tar, member, parent / parts[-1])

    def _write(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
        if member.isdir():
            if not target.is_dir() or target.is_symlink():
                _remove(target)
                target.mkdir()
            target.chmod(member.mode & 0o777 | 0o700)
        elif member.isreg():
            _remove(target)
            self._file(tar, member, target)
        elif member.issym():
            _remove(target)
            target.symlink_to(self._link(member, target))
        elif member.islnk():
            self._hard_link(member, target)
        else:
            log.debug("left out %s: neither a file, a folder nor a link", member.name)
            return
        self._written.update((target, *target.parents))

    def _file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
        self._left -= member.size
        if self._left < 0:
            raise self._refused("the image unpacks to more bytes than are allowed")
        source = tar.extractfile(member)
        assert source is not None
        with target.open("xb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)
        target.chmod(member.mode & 0o777 | 0o600)

    def _hard_link(self, member: tarfile.TarInfo, target: Path) -> None:
        parts = [part for part in PurePosixPath(member.linkname).parts if part not in ("/", ".")]
        source = self._real(parts[:-1], member.name) / parts[-1] if parts else self._root
        if ".." in parts or source.is_symlink() or not source.is_file():
            raise self._refused(f"{member.name!r} links to {member.linkname!r}, not a file in it")
        if source != target:
            _remove(target)
            os.link(source, target)

    def _link(self, member: tarfile.TarInfo, target: Path) -> str:
        """What a symbolic link says in the folder."""
        depth = len(target.relative_to(self._root).parts) - 1
        wanted = PurePosixPath(member.linkname)
        parts = wanted.parts[1:] if wanted.is_absolute() else wanted.parts
        inside = 0 if wanted.is_absolute() else depth
        for part in parts:
            inside += -1 if part == ".." else 1
            if inside < 0:
                raise self._refused(
                    f"the symbolic link {member.name!r} leads outside: {member.linkname!r}"
                )
        return "/".join([*[".."] * depth, *parts]) or "." if wanted.is_absolute() else str(wanted)

    def _real(self, parts: list[str], name: str) -> Path:
        """The folder that these parts lead to, over links that stay inside."""
        try:
            real = self._root.joinpath(*parts).resolve()
        except (OSError, RuntimeError):  # a loop of links
            real = Path("/")
        if not real.is_relative_to(self._root):
            raise self._refused(f"{name!r} leads outside over a symbolic link")
        return real

    def _whiteout(self, parent: Path, name: str, path: str) -> None:
        if name in ("", ".", ".."):
            raise self._refused(f"{path!r} removes no path inside")
        if parent / name not in self._written:
            _remove(parent / name)

    def _clear(self, folder: Path) -> None:
        """Remove what lower layers put into the folder."""
        for child in folder.iterdir() if folder.is_dir() else ():
            if child not in self._written:
                _remove(child)
            elif not child.is_symlink():
                self._clear(child)

    def _refused(self, why: str, cause: str = "") -> ImageFailed:
        return ImageFailed(f"the layer {self._layer.digest} is refused: {why}", cause=cause)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class _Hashing(io.RawIOBase):
    """Reads bytes through a hash."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def exhaust(self) -> None:
        """Read what stands behind the end of the archive: the digest counts it."""
        while self.read(1024 * 1024):
            pass

    @property
    def hexdigest(self) -> str:
        return self._hash.hexdigest()
