"""Where an MLflow run or model keeps its files, over the workspace's own REST API.

MLflow says where: an artifact URI. One below ``dbfs:/databricks/mlflow-tracking`` is closed to the
DBFS API; MLflow's client (3.17) reads it by the Files API below ``/WorkspaceInternal/Mlflow``, and
where a workspace doesn't offer that, by signed links (:mod:`mlflow_links`). So does this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.databricks.files import dbfs, volumes
from modelyard.databricks.files.entries import Entry
from modelyard.downloads import Store
from modelyard.errors import ServiceError
from modelyard.http import Session
from modelyard.names import shown

_LOGGED_MODEL = re.compile(r"^databricks/mlflow-tracking/([^/]+)/logged_models/([^/]+)(/.*)?$")
_RUN = re.compile(r"^databricks/mlflow-tracking/([^/]+)/([^/]+)(/.*)?$")


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


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _internal(experiment: str, kind: str, name: str, tail: str | None) -> str:
    return f"/WorkspaceInternal/Mlflow/Artifacts/{experiment}/{kind}/{name}{tail or ''}"
