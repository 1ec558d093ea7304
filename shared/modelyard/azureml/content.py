"""What a model or a folder of code is made of: its files, and a hash of what matters of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard import file_links
from modelyard.errors import FileError
from modelyard.file_digests import sha256

_LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store"})


@dataclass(frozen=True)
class Content:
    """Files by the path that they have in the asset, with ``/``."""

    files: Mapping[str, Path]
    root: str
    """First part of all paths: what the asset's own address ends with."""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(path.stat().st_size for path in self.files.values())

    def hash(self) -> str:
        """64 hexadecimal digits: the same for the same names and bytes, whatever the dates."""
        whole = hashlib.sha256()
        for name in sorted(self.files):
            whole.update(f"{name}\0{sha256(self.files[name])}\n".encode())
        return whole.hexdigest()


def gather(paths: Sequence[str], *, what: str, root: str = "") -> Content:
    """The files of an asset: one folder, one file, or several of both side by side.

    :param paths: in the repository.
    :param what: names them in messages (``model``).
    :param root: name of the folder in the asset; by default that of the one thing given.
    :raises FileError: when one isn't there, there is nothing, two have one name, or a link leads
        out of the folder and of the working directory.
    """
    given = [Path(one) for one in paths]
    for path in given:
        if not path.exists():
            raise FileError(
                f"{what} names {path}, which doesn't exist",
                fix="check the path, from the working directory, and that a checkout comes before",
            )
        if not path.is_absolute():  # a repository may have a link in its place
            for part in (path, *path.parents):
                file_links.check(part, (Path.cwd().resolve(),))
    if len(given) == 1:
        [path] = given
        name = root or path.resolve().name
        if path.is_file():
            return Content({name: path}, name)
        return _checked({f"{name}/{one}": file for one, file in _below(path)}, name, what)
    name = root or what
    files: dict[str, Path] = {}
    for path in given:
        found = _below(path) if path.is_dir() else [(path.name, path)]
        prefix = f"{path.name}/" if path.is_dir() else ""
        for one, file in found:
            target = f"{name}/{prefix}{one}"
            if target in files:
                raise FileError(
                    f"{what} has two files named {prefix}{one}: {files[target]}, {file}",
                    fix="rename one of them, or give the folder that holds both",
                )
            files[target] = file
    return _checked(files, name, what)


def _checked(files: Mapping[str, Path], root: str, what: str) -> Content:
    if not files:
        raise FileError(
            f"{what} holds no file",
            fix="name a folder that has files, and check that the step that makes them ran",
        )
    return Content(files, root)


def _below(folder: Path) -> list[tuple[str, Path]]:
    """Links are followed where they lead to a file; caches are left out.

    :raises FileError: for a link out of the folder and of the working directory.
    """
    allowed = (folder.resolve(), Path.cwd().resolve())
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if _LEFT_OUT & set(name.parts):
            continue
        file_links.check(path, allowed)
        if path.is_symlink() and path.is_dir():
            raise FileError(
                f"{path} is a link to a folder, which isn't sent", fix="put a copy in its place"
            )
        if path.is_file():
            found.append((name.as_posix(), path))
    return found
