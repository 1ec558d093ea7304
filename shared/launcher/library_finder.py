"""Imports Modelyard from the folder of an action, and keeps its bytecode in this environment.

The launcher copies this file into a private environment and fills LIBRARY in. Python would
write ``__pycache__`` into the library's folder otherwise, which isn't ours to write in, and
``-X pycache_prefix`` would compile the standard library once more.
"""

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

LIBRARY = ""
_CACHE = f"{sys.prefix}{os.sep}library-bytecode"


class _Loader(SourceFileLoader):
    def get_data(self, path):
        return super().get_data(_kept(path))

    def set_data(self, path, data, *, _mode=0o666):
        super().set_data(_kept(path), data, _mode=_mode)


def _kept(path):
    return _CACHE + path[len(LIBRARY) :] if path.endswith(".pyc") else path


def _finder(path):
    if path != LIBRARY and not path.startswith(LIBRARY + os.sep):
        raise ImportError("not the library", path=path)
    return FileFinder(path, (_Loader, SOURCE_SUFFIXES))


sys.path_hooks.insert(0, _finder)
sys.path.append(LIBRARY)
