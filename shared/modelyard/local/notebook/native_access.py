"""Libraries that open files outside Python, made to see the same paths as :mod:`.file_access`.

They are few, and loaded late or never; each is patched right after its own import: pyarrow
(parquet, datasets, CSV; pandas reads and writes parquet through it) and ``sqlite3``.
"""

from __future__ import annotations

import functools
import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from modelyard.local.notebook.paths import PathMap

Map = Callable[[Any], Any]


def install(paths: PathMap) -> Callable[[], None]:
    """Patch what is imported from now on; returns what ends that."""

    def mapped(path: Any) -> Any:
        text = os.fspath(path) if isinstance(path, os.PathLike) else path
        return (paths.file(text) or path) if isinstance(text, str) else path

    finder = _Finder(mapped)
    for name, patch in _PATCHES.items():
        if name in sys.modules:
            patch(sys.modules[name], mapped)
    sys.meta_path.insert(0, finder)
    return lambda: sys.meta_path.remove(finder)


class _Finder:
    """Finds a module as usual, and has it patched when it has been executed."""

    def __init__(self, mapped: Map) -> None:
        self._mapped = mapped

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patch = _PATCHES.get(fullname)
        if patch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_patch(module: ModuleType) -> None:
            execute(module)
            patch(module, self._mapped)

        spec.loader.exec_module = execute_and_patch  # type: ignore[method-assign]
        return spec


def _first_argument(function: Callable[..., Any], mapped: Map) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(path: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(mapped(path), *arguments, **keywords)

    return wrapper


def _replace(module: Any, name: str, mapped: Map) -> None:
    # A private function may be gone in another version: then those paths stay as they are.
    if hasattr(module, name):
        setattr(module, name, _first_argument(getattr(module, name), mapped))


def _patch_pyarrow(module: Any, mapped: Map) -> None:
    for name in ("memory_map", "create_memory_map"):
        _replace(module, name, mapped)
    original: Any = getattr(module, "OSFile", None)
    if original is None:
        return

    class OSFile(original):  # type: ignore[misc]
        """pyarrow's, with the path translated. A class, because it is asked for with isinstance."""

        def __new__(cls, path: Any, *arguments: Any, **keywords: Any) -> Any:
            return original.__new__(cls, mapped(path), *arguments, **keywords)

    OSFile.__qualname__, OSFile.__module__ = original.__qualname__, original.__module__
    module.OSFile = OSFile


_PATCHES: dict[str, Callable[[Any, Map], None]] = {
    "pyarrow": _patch_pyarrow,
    # Nearly everything else in pyarrow passes its paths through this function.
    "pyarrow.util": lambda module, mapped: _replace(module, "_stringify_path", mapped),
    "sqlite3": lambda module, mapped: _replace(module, "connect", mapped),
}
