"""The registries of models: which version is the champion, and how another becomes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from modelyard.databricks.mlflow import mlflow_registry, mlflow_runs
from modelyard.databricks.mlflow.mlflow_registry import RegisteredVersion
from modelyard.errors import NotFound
from modelyard.http import Session
from modelyard.operations.promotion.comparison import ModelVersion


class Registry(Protocol):
    """One model in a registry, and the mark of its champion."""

    @property
    def session(self) -> Session: ...

    @property
    def mark(self) -> str:
        """``alias champion``: as messages call it."""
        ...

    def version(self, number: str) -> ModelVersion:
        """:raises NotFound:"""
        ...

    def of_run(self, run_id: str) -> ModelVersion | None:
        """The newest version that comes from a run."""
        ...

    def champion(self) -> ModelVersion | None:
        """The version that has the mark.

        :raises NotFound: when there is no such model.
        """
        ...

    def crown(self, version: ModelVersion) -> None:
        """Give the mark to this version, and take it from any other."""
        ...

    def settle(self) -> None:
        """Leave the mark to the champion alone, where a job that died has left it to several."""
        ...


class Versions(Protocol):
    """The module of a registry on Databricks."""

    def version(self, session: Session, name: str, number: str) -> RegisteredVersion: ...

    def of_run(self, session: Session, name: str, run_id: str) -> RegisteredVersion | None: ...


class Aliases(Versions, Protocol):
    """One that has aliases."""

    def of_alias(self, session: Session, name: str, alias: str) -> RegisteredVersion | None: ...

    def set_alias(self, session: Session, name: str, alias: str, number: str) -> None: ...


@dataclass(frozen=True)
class OnDatabricks:
    """MLflow's registry or Unity Catalog: metrics are those of the version's MLflow run."""

    session: Session
    name: str
    mark: str
    versions: Versions
    marked: Callable[[], RegisteredVersion | None]
    set_mark: Callable[[str], None]

    def version(self, number: str) -> ModelVersion:
        return self._known(self.versions.version(self.session, self.name, number))

    def of_run(self, run_id: str) -> ModelVersion | None:
        found = self.versions.of_run(self.session, self.name, run_id)
        return None if found is None else self._known(found)

    def champion(self) -> ModelVersion | None:
        found = self.marked()
        return None if found is None else self._known(found)

    def crown(self, version: ModelVersion) -> None:
        self.set_mark(version.version)

    def settle(self) -> None:
        """These registries mark one version at a time."""

    def _known(self, found: RegisteredVersion) -> ModelVersion:
        name, version = found.name, found.version
        if not found.run_id:
            return ModelVersion(name, version, missing="it was registered without an MLflow run")
        try:
            run = mlflow_runs.get(self.session, found.run_id)
        except NotFound:
            why = f"its MLflow run {found.run_id} doesn't exist in this workspace"
            return ModelVersion(name, version, missing=why)
        return ModelVersion(name, version, run.metrics, {**run.tags, **run.params})


def by_alias(source: Aliases, session: Session, name: str, alias: str) -> OnDatabricks:
    """The champion by an alias, in Unity Catalog or on an MLflow server."""
    return OnDatabricks(
        session,
        name,
        f"alias {alias}",
        source,
        lambda: source.of_alias(session, name, alias),
        lambda number: source.set_alias(session, name, alias, number),
    )


def by_stage(session: Session, name: str, stage: str) -> OnDatabricks:
    """The champion by its stage, in the workspace's own registry."""
    return OnDatabricks(
        session,
        name,
        f"stage {stage}",
        mlflow_registry,
        lambda: mlflow_registry.in_stage(session, name, stage),
        lambda number: mlflow_registry.move_to_stage(session, name, number, stage),
    )
