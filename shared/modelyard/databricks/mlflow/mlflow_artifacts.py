"""Downloading what an MLflow run or model keeps, over the workspace's own REST API.

MLflow says where: an artifact URI. One below ``dbfs:/databricks/mlflow-tracking`` is closed to the
DBFS API; MLflow's client (3.17) reads it by the Files API below ``/WorkspaceInternal/Mlflow``, and
where a workspace doesn't offer that, by signed links (:mod:`mlflow_links`). So does this.

Names come from whoever logged the artifacts: they are untrusted.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from modelyard.databricks.files import dbfs, volumes
from modelyard.databricks.files.entries import FOLDER, Entry
from modelyard.databricks.names import shown, size_text
from modelyard.errors import FileError, NotFound, ServiceError, Unreachable
from modelyard.http import Session

log = logging.getLogger(__name__)

DEPTH = 20
"""Folders within folders of a model; a deeper one is no model."""
ATTEMPTS = 3
"""A file whose download broke off is begun anew, so often."""
_LOGGED_MODEL = re.compile(r"^databricks/mlflow-tracking/([^/]+)/logged_models/([^/]+)(/.*)?$")
_RUN = re.compile(r"^databricks/mlflow-tracking/([^/]+)/([^/]+)(/.*)?$")
_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]|^\.{1,2}$|^$|^[A-Za-z]:")


class Store(Protocol):
    """Where the artifacts are. Paths are relative to its root; the root itself is ''."""

    @property
    def shown(self) -> str:
        """How messages call the root."""
        ...

    def children(self, folder: str) -> list[Entry] | None:
        """What a folder holds; None when there is no such folder."""
        ...

    def read(self, file: str) -> Iterator[bytes]:
        """A file's content."""
        ...


@dataclass(frozen=True)
class FilesStore:
    """The Files API."""

    session: Session
    root: str

    @property
    def shown(self) -> str:
        return self.root

    def children(self, folder: str) -> list[Entry] | None:
        return volumes.children(self.session, _joined(self.root, folder))

    def read(self, file: str) -> Iterator[bytes]:
        return volumes.read(self.session, _joined(self.root, file))


@dataclass(frozen=True)
class DbfsStore:
    """The DBFS API: artifact locations that somebody chose for an experiment."""

    session: Session
    root: str

    @property
    def shown(self) -> str:
        return f"dbfs:{self.root}"

    def children(self, folder: str) -> list[Entry] | None:
        return dbfs.children(self.session, _joined(self.root, folder))

    def read(self, file: str) -> Iterator[bytes]:
        return dbfs.read(self.session, _joined(self.root, file))


def store(session: Session, artifact_uri: str) -> Store:
    """The store that an artifact URI means.

    :raises ServiceError: for one that no API of the workspace reads (``s3:``, ``abfss:``).
    """
    scheme, _, rest = artifact_uri.partition(":")
    if scheme != "dbfs" or not rest:
        raise ServiceError(
            f"the artifacts are at {shown(artifact_uri)}, which the workspace's API doesn't read",
            cause="the experiment has an artifact location of its own in other storage",
            fix="download them with that storage's own tools, or log to an experiment without one",
        )
    path = "/" + rest.strip("/")
    if ".." in path.split("/"):
        raise ServiceError(f"the artifact location {shown(artifact_uri)} isn't a plain path")
    if match := _LOGGED_MODEL.match(path[1:]):
        experiment, model, tail = match.groups()
        return FilesStore(session, _internal(experiment, "LoggedModels", model, tail))
    if match := _RUN.match(path[1:]):
        experiment, run, tail = match.groups()
        return FilesStore(session, _internal(experiment, "Runs", run, tail))
    if path.startswith("/Volumes/"):
        return FilesStore(session, path)
    return DbfsStore(session, path)


def download(source: Store, target: Path) -> int:
    """Download everything into a folder, which afterwards holds this and nothing else.

    The folder appears when all of it is there. A model that an earlier step put there is
    replaced; any other folder that isn't empty is left alone.

    :returns: the number of files.
    :raises NotFound: when there is nothing.
    :raises FileError: when the folder can't be written, or holds something else.
    """
    _check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise FileError(
            f"{target} can't be made: {error.strerror}", fix="name a folder that this user may make"
        ) from None
    try:
        files, size = 0, 0
        for path, entry in _walk(source, "", 0):
            size += _fetch(source, path, entry.size, scratch / path)
            files += 1
        if not files:
            raise NotFound(
                f"there are no artifacts at {source.shown}",
                fix="see in the run that it logged a model, and under which name",
            )
        if target.exists():
            shutil.rmtree(target)
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError as error:
        raise FileError(
            f"{target} can't be written: {error.strerror}",
            fix="free space on the machine, and see that this user may write the folder",
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("%s: %d files, %s, downloaded", target, files, size_text(size))
    return files


def _check_target(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()) and not (target / "MLmodel").is_file():
        raise FileError(
            f"{target} isn't empty and holds no model: it isn't overwritten",
            fix="name a folder that doesn't exist, or empty it",
        )
    if target.exists() and not target.is_dir():
        raise FileError(f"{target} is a file, not a folder", fix="name a folder")


def _walk(source: Store, folder: str, depth: int) -> Iterator[tuple[str, Entry]]:
    if depth > DEPTH:
        raise ServiceError(f"{source.shown} has more than {DEPTH} folders within folders")
    for entry in source.children(folder) or []:
        if _UNSAFE.search(entry.name):
            raise ServiceError(
                f"{source.shown} has an artifact with the name {entry.name!r}, which may lead out "
                "of the folder: nothing is downloaded"
            )
        path = _joined(folder, entry.name)
        if entry.kind == FOLDER:
            yield from _walk(source, path, depth + 1)
        else:
            yield path, entry


def _fetch(source: Store, path: str, size: int | None, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    attempt = 1
    while True:
        try:
            return _write(source, path, size, target)
        except Unreachable as error:
            if attempt == ATTEMPTS:
                raise
            log.info("%s; once more", error.what)
        attempt += 1


def _write(source: Store, path: str, size: int | None, target: Path) -> int:
    written = 0
    with target.open("wb") as file:
        for block in source.read(path):
            written += file.write(block)
    if size is not None and written != size:
        raise Unreachable(f"{shown(path)} has {size} bytes, and {written} of them came")
    return written


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _internal(experiment: str, kind: str, name: str, tail: str | None) -> str:
    return f"/WorkspaceInternal/Mlflow/Artifacts/{experiment}/{kind}/{name}{tail or ''}"
