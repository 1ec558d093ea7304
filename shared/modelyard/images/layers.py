"""Layers of an image: tar archives that depend on what is in them and on nothing else.

The same files give the same bytes, whoever writes them, when, and in whatever order: entries are
sorted, owned by root, dated 1970, and have mode 644 or 755. Format: OCI image specification,
"Image Layer Filesystem Changeset" (https://github.com/opencontainers/image-spec/blob/main/layer.md).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from modelyard.errors import ImageFailed

GZIP_LEVEL = 6


@dataclass(frozen=True)
class Entry:
    """One thing in a layer: a directory (no source, no link), a file or a symbolic link."""

    path: str
    """Where it is in the image, without a slash at the start."""
    source: Path | bytes | None = None
    link: str = ""
    mode: int = 0o755


@dataclass(frozen=True)
class Layer:
    """A written layer."""

    path: Path
    digest: str
    """Of the compressed file: what registries name it by."""
    diff_id: str
    """Of the archive inside: what the image's configuration lists."""
    size: int
    """Bytes, compressed."""


def tree(folder: Path, target: str, keep: Callable[[str], bool] | None = None) -> Iterator[Entry]:
    """A folder's entries, to stand at ``target`` in the image.

    :param keep: given the path relative to the folder; false leaves it (and what is below it) out.
    :raises ImageFailed: for a symbolic link that leads out of the folder, a socket or a device.
    """
    target = target.strip("/")
    yield Entry(target)
    for name in _names(folder, "", keep or (lambda _: True)):
        child, path = folder / name, f"{target}/{name}"
        mode = child.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield _link(child, folder.resolve(), path)
        elif stat.S_ISDIR(mode):
            yield Entry(path)
        elif stat.S_ISREG(mode):
            yield file_entry(path, child)
        else:
            raise ImageFailed(
                f"{child} is neither a file nor a folder",
                cause="sockets, pipes and devices can't be put into an image",
                fix="remove it",
            )


def _names(folder: Path, relative: str, keep: Callable[[str], bool]) -> Iterator[str]:
    for child in sorted((folder / relative).iterdir()):
        name = f"{relative}{child.name}"
        if keep(name):
            yield name
            if child.is_dir() and not child.is_symlink():
                yield from _names(folder, f"{name}/", keep)


def file_entry(path: str, source: Path) -> Entry:
    """A file with its mode brought to one of the two that layers have."""
    return Entry(path, source, mode=0o755 if source.stat().st_mode & 0o100 else 0o644)


def _link(link: Path, root: Path, path: str) -> Entry:
    target = str(link.readlink())
    inside = link.resolve().is_relative_to(root)
    if PurePosixPath(target).is_absolute() or not inside:
        raise ImageFailed(
            f"the symbolic link {link} leads out of its folder, to {target}",
            cause="what it leads to wouldn't be in the image",
            fix="replace the link by the file itself",
        )
    return Entry(path, link=target, mode=0o777)


def write_layer(entries: Iterable[Entry], folder: Path) -> Layer:
    """Write a layer into ``folder``, named by its digest (without ``sha256:``).

    Parents that no entry names are added; of two entries with one path the later counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".writing-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with unfinished.open("wb") as file:
            compressed = _Hashing(file)
            with gzip.GzipFile("", "wb", GZIP_LEVEL, compressed, mtime=0) as archive:
                plain = _Hashing(archive)
                _write_tar(entries, plain)
        path = folder / compressed.hexdigest
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Layer(
        path,
        f"sha256:{compressed.hexdigest}",
        f"sha256:{plain.hexdigest}",
        path.stat().st_size,
    )


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes when an entry or the file behind it does (size or time), and is made quickly."""
    digest = hashlib.sha256()
    for entry in _ordered(entries):
        facts: list[object] = [entry.path, entry.link, entry.mode]
        if isinstance(entry.source, Path):
            status = entry.source.stat()
            facts += [str(entry.source), status.st_size, status.st_mtime_ns, status.st_ino]
        else:
            facts.append(entry.source)
        digest.update(repr(facts).encode())
    return digest.hexdigest()


def _write_tar(entries: Iterable[Entry], out: _Hashing) -> None:
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in _ordered(entries):
            info = tarfile.TarInfo(entry.path)
            info.mode = entry.mode
            if entry.link:
                info.type, info.linkname = tarfile.SYMTYPE, entry.link
                tar.addfile(info)
            elif entry.source is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                _add_file(tar, info, entry.source)


def _add_file(tar: tarfile.TarFile, info: tarfile.TarInfo, source: Path | bytes) -> None:
    if isinstance(source, bytes):
        info.size = len(source)
        tar.addfile(info, io.BytesIO(source))
        return
    with source.open("rb") as file:
        info.size = os.fstat(file.fileno()).st_size
        tar.addfile(info, file)


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    by_path: dict[str, Entry] = {}
    for entry in entries:
        path = entry.path.strip("/")
        if not path or ".." in PurePosixPath(path).parts:
            raise ImageFailed(f"{entry.path!r} is not a path inside an image")
        by_path[path] = replace(entry, path=path)
        for parent in PurePosixPath(path).parents:
            if str(parent) != ".":
                by_path.setdefault(str(parent), Entry(str(parent)))
    return [by_path[path] for path in sorted(by_path)]


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, out: IO[bytes] | gzip.GzipFile) -> None:
        self._out = out
        self._hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self._hash.update(view)
        self._out.write(view)
        return view.nbytes

    @property
    def hexdigest(self) -> str:
        return self._hash.hexdigest()
