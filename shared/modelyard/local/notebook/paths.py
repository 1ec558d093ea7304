"""Where the paths of a workspace are on this machine.

=====================================  ==================================  =====================
as notebooks write it                  variable that names the folder      who understands it
=====================================  ==================================  =====================
``dbfs:/x``; ``/x`` (dbutils, spark)   MODELYARD_DBFS_ROOT                 dbutils, ``%fs``, spark
``/dbfs/x``                            MODELYARD_DBFS_ROOT                 Python files, ``%sh``
``/Volumes/x``, ``dbfs:/Volumes/x``    MODELYARD_VOLUMES_ROOT              all
``/Workspace/x``                       MODELYARD_WORKSPACE_FILES_ROOT      Python files, ``%sh``
``abfss://c@a.dfs.core.windows.net/x`` MODELYARD_STORAGE_ROOT (``/a/c``)   dbutils, mounts, spark
``file:/x``                            the machine's own                   dbutils, spark
=====================================  ==================================  =====================

A prefix that exists for real on this machine (``/dbfs`` on a cluster) is never mapped.
"""

from __future__ import annotations

import posix
import posixpath
import re
from collections.abc import Mapping

VARIABLES = {
    "/dbfs": "MODELYARD_DBFS_ROOT",
    "/Volumes": "MODELYARD_VOLUMES_ROOT",
    "/Workspace": "MODELYARD_WORKSPACE_FILES_ROOT",
}
STORAGE_VARIABLE = "MODELYARD_STORAGE_ROOT"
STORAGE_SCHEMES = ("abfss", "abfs", "wasbs", "wasb")

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/]*))?(/.*|)")
_STORAGE = re.compile(r"([^@/]+)@([a-z0-9-]+)\.(?:dfs|blob)\.[a-z0-9.-]+")


class PathError(ValueError):
    """A path that can't be mapped, with the reason."""


class PathMap:
    """The mapping of one process; reads the variables once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        roots = {
            prefix: environment[variable].rstrip("/")
            for prefix, variable in VARIABLES.items()
            if environment.get(variable)
        }
        self.dbfs_root = roots.get("/dbfs")
        self.volumes_root = roots.get("/Volumes")
        self.storage_root = environment.get(STORAGE_VARIABLE, "").rstrip("/") or None
        self.prefixes = {prefix: root for prefix, root in roots.items() if not _exists(prefix)}

    def file(self, path: str) -> str | None:
        """This machine's path for ``/dbfs/x``, ``/Volumes/x``, ``/Workspace/x``; None: as it is."""
        if not path.startswith(("/dbfs", "/Volumes", "/Workspace")):  # nearly every path
            return None
        normal = posixpath.normpath(path)
        for prefix, root in self.prefixes.items():
            if normal == prefix or normal.startswith(prefix + "/"):
                return root + normal[len(prefix) :]
        return None

    def text(self, script: str) -> str:
        """A shell script with the prefixes replaced: other programs know nothing of the mapping."""
        for prefix, root in self.prefixes.items():
            if re.fullmatch(r"[\w/.+@-]+", root):  # needs no quotes, whatever surrounds it
                script = re.sub(rf"(?<![\w/.~-]){prefix}(?![\w.-])", lambda _: root, script)  # noqa: B023
        return script

    def url(self, path: str) -> str:
        """This machine's path for a path as dbutils takes it; raises :class:`PathError`."""
        scheme, authority, rest = split_url(path)
        if scheme == "file":
            return self.file(rest) or rest
        if scheme in STORAGE_SCHEMES:
            return self._storage(scheme, authority, rest)
        if scheme != "dbfs":
            raise PathError(
                f"No FileSystem for scheme {scheme!r}: {path}. The local driver knows dbfs:, "
                "file:, /Volumes and, with MODELYARD_STORAGE_ROOT, abfss: and wasbs:"
            )
        normal = posixpath.normpath("/" + rest.lstrip("/"))
        if normal == "/Volumes" or normal.startswith("/Volumes/"):
            return _below(self.volumes_root, normal[len("/Volumes") :], "MODELYARD_VOLUMES_ROOT")
        return _below(self.dbfs_root, normal, "MODELYARD_DBFS_ROOT")

    def _storage(self, scheme: str, authority: str, rest: str) -> str:
        match = _STORAGE.fullmatch(authority)
        if match is None:
            raise PathError(
                f"{scheme}://{authority}{rest} isn't the address of a container: "
                f"{scheme}://CONTAINER@ACCOUNT.{'dfs' if 'abfs' in scheme else 'blob'}"
                ".core.windows.net/PATH"
            )
        container, account = match.groups()
        normal = posixpath.normpath("/" + rest.lstrip("/"))
        return _below(self.storage_root, f"/{account}/{container}{normal}", STORAGE_VARIABLE)


def _exists(path: str) -> bool:
    """Whether there is such a path for real: the functions of ``os`` may be wrapped already."""
    try:
        posix.lstat(path)
    except OSError:
        return False
    return True


def split_url(path: str) -> tuple[str, str, str]:
    """(scheme, authority, path) of a path as dbutils takes it; without a scheme it is DBFS."""
    match = _URL.fullmatch(path)
    if match is None:
        if not path.startswith("/"):
            raise PathError(f"Path must be absolute: {path!r}")
        return "dbfs", "", path
    return match[1].lower(), match[2] or "", match[3] or "/"


def _below(root: str | None, path: str, variable: str) -> str:
    if not root:
        raise PathError(
            f"{path} has no place on this machine: {variable} isn't set. The local cloud sets it; "
            "outside of it, name a folder in that variable."
        )
    return root if path in ("", "/") else root + path
