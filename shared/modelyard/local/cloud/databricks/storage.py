"""Where the workspace keeps files on disk, and how its paths become paths there.

Drivers read and write the same folders, so that a notebook's ``open("/dbfs/...")`` and the REST
API see one file system.
"""

from __future__ import annotations

import posixpath
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.cloud.databricks import exceptions


@dataclass(frozen=True)
class Storage:
    """The folders of one workspace, below ``folder``."""

    folder: Path

    @property
    def dbfs(self) -> Path:
        return self.folder / "dbfs"

    @property
    def volumes(self) -> Path:
        """``<catalog>/<schema>/<volume>/...``"""
        return self.folder / "volumes"

    @property
    def workspace_files(self) -> Path:
        """Workspace files (not notebooks) at their paths."""
        return self.folder / "workspace-files"

    @property
    def notebooks(self) -> Path:
        """Notebooks' sources by object id."""
        return self.folder / "notebooks"

    @property
    def artifacts(self) -> Path:
        """What MLflow clients put below ``/WorkspaceInternal/Mlflow/Artifacts``."""
        return self.folder / "mlflow-artifacts"

    @property
    def drivers(self) -> Path:
        return self.folder / "drivers"

    @property
    def task_values(self) -> Path:
        """What tasks hand on with ``dbutils.jobs.taskValues``: a file for each job run."""
        return self.folder / "task-values"

    @property
    def environments(self) -> Path:
        """Python environments of clusters' libraries; a cache."""
        return self.folder / "environments"

    def create(self) -> None:
        for folder in (self.dbfs, self.volumes, self.workspace_files, self.notebooks, self.drivers):
            folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove everything but the environments, which are expensive and hold no state."""
        for folder in (
            *(self.dbfs, self.volumes, self.workspace_files, self.notebooks, self.artifacts),
            *(self.drivers, self.task_values),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        self.create()

    def resolve(self, path: str) -> Path:
        """The file that a library or a task names: ``dbfs:/...``, ``/dbfs/...``, ``/Volumes/...``
        or ``/Workspace/...``. It need not exist."""
        name = normal(path.removeprefix("dbfs:").removeprefix("file:"))
        for prefix, root in (
            ("/Volumes", self.volumes),
            ("/Workspace", self.workspace_files),
            ("/dbfs", self.dbfs),
        ):
            if name == prefix or name.startswith(f"{prefix}/"):
                return inside(root, name.removeprefix(prefix))
        return inside(self.dbfs if path.startswith("dbfs:") else self.workspace_files, name)


def normal(path: str) -> str:
    """``/a//b/`` -> ``/a/b``. Raises INVALID_PARAMETER_VALUE unless absolute and without ``..``."""
    if not path.startswith("/"):
        raise exceptions.invalid_parameter(
            f"Path ({path}) should be an absolute path, that is, start with '/'."
        )
    if ".." in path.split("/") or "\0" in path:
        raise exceptions.invalid_parameter(f"Path ({path}) must not contain '..'.")
    return "/" + posixpath.normpath(path).lstrip("/")


def inside(root: Path, path: str) -> Path:
    """A normal path below a folder; raises INVALID_PARAMETER_VALUE when a link leads out of it."""
    target = root / path.lstrip("/")
    if not target.resolve().is_relative_to(root.resolve()):
        raise exceptions.invalid_parameter(f"Path ({path}) leads out of its root.")
    return target


def write_atomically(target: Path, data: bytes) -> None:
    """Readers see the old file or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(target)
    draft.write_bytes(data)
    draft.replace(target)


def draft_of(target: Path) -> Path:
    """A new name beside a file, to write to and then rename. :func:`is_draft` knows it."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.uploading")


def is_draft(name: str) -> bool:
    return name.startswith(".") and name.endswith(".uploading")
