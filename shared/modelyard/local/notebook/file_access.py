"""Python's own file access in a notebook, made to see ``/dbfs``, ``/Volumes`` and ``/Workspace``.

On a cluster these are file systems. Here no root rights are needed: the functions below are
wrapped, and translate such paths to folders (:mod:`.paths`). Wrapped are ``open`` (``builtins``,
``io``, and ``io.open_code``), the functions of ``os`` listed in ``ONE_PATH`` and ``TWO_PATHS``,
what ``pathlib`` and ``glob`` captured of them, and imports from such folders on ``sys.path``.
Everything built on those works: ``os.path``, ``os.walk``, ``shutil``, ``pathlib``, ``glob``,
``json``, ``pickle``, ``joblib``, NumPy, matplotlib, and pandas (which opens files in Python, also
for its C parser). pyarrow and ``sqlite3`` are in :mod:`.native_access`.

**Not covered** is other code that opens a path itself outside Python (``h5py``), other programs
given such a path as an argument (``%sh`` scripts are translated as text), ``io.FileIO``, and
functions that were imported by name before the notebook began. ``os.getcwd()`` and ``name`` of an
open file tell the real path. Errors name the path as the notebook wrote it.
"""

from __future__ import annotations

import builtins
import functools
import glob
import importlib.machinery
import io
import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from modelyard.local.notebook import native_access
from modelyard.local.notebook.paths import PathMap

if TYPE_CHECKING:
    # At run time it would bring tempfile, which takes functions of os at its import.
    from importlib.abc import PathEntryFinder

ONE_PATH = (
    "open", "stat", "lstat", "listdir", "scandir", "mkdir", "rmdir", "remove", "unlink", "access",
    "chmod", "chown", "lchown", "utime", "truncate", "chdir", "readlink", "statvfs", "mkfifo",
    "pathconf", "chflags", "getxattr", "setxattr", "listxattr", "removexattr",
)  # fmt: skip
TWO_PATHS = ("rename", "replace", "link", "symlink")
_SUPPORT_SETS = (
    os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids,
)  # fmt: skip


def install(paths: PathMap) -> Callable[[], None]:
    """Wrap the functions of this process; returns what undoes it. Without folders: does nothing."""
    if not paths.prefixes:
        return lambda: None
    undo: list[Callable[[], None]] = []
    for name in (*ONE_PATH, *TWO_PATHS):
        if hasattr(os, name):
            _replace(os, name, _wrap(getattr(os, name), paths, 2 if name in TWO_PATHS else 1), undo)
    wrapped_open = _wrap(io.open, paths, 1)
    _replace(io, "open", wrapped_open, undo)
    _replace(builtins, "open", wrapped_open, undo)
    _replace(io, "open_code", _wrap(io.open_code, paths, 1), undo)
    _replace_captured(undo)
    _import_hook(paths, undo)
    undo.append(native_access.install(paths))

    def uninstall() -> None:
        while undo:
            undo.pop()()

    return uninstall


def _replace(owner: Any, name: str, new: Any, undo: list[Callable[[], None]]) -> None:
    old = owner.__dict__[name]
    setattr(owner, name, new)
    undo.append(lambda: setattr(owner, name, old))


def _wrap(function: Callable[..., Any], paths: PathMap, count: int) -> Callable[..., Any]:
    names = ("path", "file") if count == 1 else ("src", "dst")

    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        mapped: dict[str | bytes, Any] = {}
        positional = [_map(value, paths, mapped) for value in arguments[:count]]
        for name in names:
            if name in keywords:
                keywords[name] = _map(keywords[name], paths, mapped)
        if not mapped:
            return function(*arguments, **keywords)
        try:
            result = function(*positional, *arguments[count:], **keywords)
        except OSError as error:
            for attribute in ("filename", "filename2"):
                if getattr(error, attribute) in mapped:
                    setattr(error, attribute, mapped[getattr(error, attribute)])
            raise
        return _Entries(result, next(iter(mapped.values()))) if _scans(function) else result

    for supported in _SUPPORT_SETS:
        if function in supported:
            supported.add(wrapper)  # shutil asks these before it uses a function
    return wrapper


def _scans(function: Callable[..., Any]) -> bool:
    return getattr(function, "__name__", "") == "scandir"


def _map(value: Any, paths: PathMap, mapped: dict[str | bytes, Any]) -> Any:
    """``value``, translated when it is such a path; ``mapped`` then tells what it was."""
    path = value
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if isinstance(path, bytes):
        text = path.decode(sys.getfilesystemencoding(), "surrogateescape")
    elif isinstance(path, str):
        text = path
    else:
        return value  # a descriptor, or what the function will complain about itself
    local = paths.file(text)
    if local is None:
        return value
    result: str | bytes = os.fsencode(local) if isinstance(path, bytes) else local
    mapped[result] = path
    return result


class _Entry:
    """An ``os.DirEntry`` that tells the path the notebook asked for."""

    def __init__(self, entry: os.DirEntry[Any], path: Any) -> None:
        self._entry = entry
        self.path = path

    def __fspath__(self) -> Any:
        return self.path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __repr__(self) -> str:
        return repr(self._entry)


class _Entries:
    """An ``os.scandir`` iterator over :class:`_Entry`."""

    def __init__(self, entries: Any, folder: Any) -> None:
        self._entries = entries
        self._folder = folder

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        entry = next(self._entries)
        return _Entry(entry, os.path.join(self._folder, entry.name))  # noqa: PTH118 - also bytes

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def _replace_captured(undo: list[Callable[[], None]]) -> None:
    """Classes of the standard library that took a function of ``os`` at their own import."""
    owners = [
        getattr(pathlib, "_NormalAccessor", None),  # Python 3.10
        getattr(glob, "_StringGlobber", None),  # Python 3.13
    ]
    for owner in owners:
        for name, value in list(vars(owner).items()) if owner is not None else ():
            captured = value.__func__ if isinstance(value, staticmethod) else value
            function = getattr(captured, "__name__", "")
            wrapper = getattr(io if function == "open" else os, function, None)
            if wrapper is not None and getattr(wrapper, "__wrapped__", None) is captured:
                _replace(owner, name, staticmethod(wrapper), undo)


def _import_hook(paths: PathMap, undo: list[Callable[[], None]]) -> None:
    """Imports from mapped folders: the import system has its own file access."""
    loaders: list[tuple[Any, list[str]]] = [
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES),
        (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
    ]

    def hook(entry: str) -> PathEntryFinder:
        local = paths.file(entry)
        if local is None:
            raise ImportError("not such a path")
        return importlib.machinery.FileFinder(local, *loaders)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    undo.append(lambda: sys.path_hooks.remove(hook))
