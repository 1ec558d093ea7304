"""Where files can be put: volumes, DBFS and the workspace, behind one set of functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from modelyard.databricks.files import dbfs, volumes, workspace_files
from modelyard.databricks.files.entries import Entry
from modelyard.databricks.files.local_files import LocalFile
from modelyard.databricks.files.remote_paths import checked, is_shared_root, is_untouchable
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.parallel import Stop


class Service(Protocol):
    """What each of the three modules offers. Paths are in the service's own spelling."""

    KIND: str
    LIMIT: int | None
    """Bytes that one file may have."""

    def status(self, session: Session, path: str) -> Entry | None: ...

    def children(self, session: Session, path: str) -> list[Entry] | None: ...

    def make_folder(self, session: Session, path: str) -> None: ...

    def send(
        self, session: Session, path: str, file: LocalFile, *, replace: bool, stop: Stop
    ) -> None: ...

    def read(self, session: Session, path: str) -> Iterator[bytes]: ...

    def remove(self, session: Session, path: str, *, recursive: bool = False) -> None: ...


@dataclass(frozen=True)
class Place:
    """A path and the service that it belongs to."""

    service: Service
    path: str
    """In the service's own spelling."""

    @property
    def shown(self) -> str:
        """As users write it: ``dbfs:/models``."""
        return shown(self.service, self.path)

    @property
    def is_shared_root(self) -> bool:
        """Whether it isn't one step's own folder: a root, a home, a mount point, a volume."""
        return is_shared_root(self.service.KIND, self.path)

    @property
    def is_untouchable(self) -> bool:
        """Whether everybody's files are in it: nobody may empty it."""
        return is_untouchable(self.service.KIND, self.path)


def shown(service: Service, path: str) -> str:
    """A path of the service as users write it."""
    if service.KIND == "dbfs":
        return f"dbfs:{path}"
    return path if service.KIND == "volume" else f"/Workspace{path.rstrip('/')}"


def parse(name: str, text: str) -> Place:
    """The place that a user means.

    :param name: the input, for the message.
    :raises InputError: when no service has such a path.
    """
    stripped = text.strip()
    if stripped.startswith("dbfs:"):
        path = checked(name, stripped.removeprefix("dbfs:"))
        if path.startswith("/Volumes/"):
            return parse(name, path)
        return Place(dbfs, path)
    path = checked(name, stripped)
    top = path.split("/")[1]
    if top == "Volumes":
        if path.count("/") < 4:
            raise InputError(
                f"{name} is {text!r}, which is no volume",
                fix="give /Volumes/CATALOG/SCHEMA/VOLUME, and a folder in it",
            )
        return Place(volumes, path)
    if top in ("Workspace", "Users", "Shared", "Repos"):
        short = path.removeprefix("/Workspace") or "/"
        return Place(workspace_files, short)
    raise InputError(
        f"{name} is {text!r}, which is no path of a volume, of DBFS or of the workspace",
        fix="begin it with /Volumes/CATALOG/SCHEMA/VOLUME/, dbfs:/ or /Workspace/",
    )
