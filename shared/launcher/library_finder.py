"""Imports Modelyard from the folder of an action, and keeps its bytecode in this environment.

The launcher copies this file into a private environment, and names the folder at each start: it
is another in each job, the environment is the same. Python would write ``__pycache__`` into that
folder otherwise, which isn't ours to write in, and ``-X pycache_prefix`` would compile the
standard library once more.
"""

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

LIBRARY = os.environ.get("MODELYARD_LIBRARY", "")
_CACHE = f"{sys.prefix}{os.sep}library-bytecode{os.sep}"


class _Loader(SourceFileLoader):
    def get_data(self, path):
        return super().get_data(_kept(path))

    def set_data(self, path, data, *, _mode=0o666):
        super().set_data(_kept(path), data, _mode=_mode)


def _kept(path):
    return _CACHE + path.replace(":", "").lstrip(os.sep) if path.endswith(".pyc") else path


def _finder(path):
    if path != LIBRARY and not path.startswith(LIBRARY + os.sep):
        raise ImportError("not the library", path=path)
    return FileFinder(path, (_Loader, SOURCE_SUFFIXES))


if LIBRARY:
    sys.path_hooks.insert(0, _finder)
    sys.path.append(LIBRARY)
