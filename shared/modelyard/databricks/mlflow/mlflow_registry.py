"""Registered models of MLflow's own registry, in the workspace: versions, aliases and stages.

Source: mlflow.org/docs, "REST API" (registered-models/get, registered-models/alias,
model-versions/get, model-versions/search); Azure Databricks REST reference, "Model Registry"
(databricks/model-versions/transition-stage).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.mlflow.mlflow_runs import API, quoted
from modelyard.http import Session

_MODELS, _VERSIONS = f"{API}/registered-models", f"{API}/model-versions"


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str
    """MLflow run that it comes from; empty where it comes from none."""


def version(session: Session, name: str, number: str) -> RegisteredVersion:
    """One version.

    :raises NotFound:
    """
    answer = session.get(f"{_VERSIONS}/get", {"name": name, "version": number})
    return _version(answer.get("model_version") or {})


def of_run(session: Session, name: str, run_id: str) -> RegisteredVersion | None:
    """The newest version that was registered from a run; None when there is none."""
    query = {"filter": f"name = {quoted(name)} and run_id = {quoted(run_id)}", "max_results": 100}
    found: list[RegisteredVersion] = []
    while True:
        answer = session.get(f"{_VERSIONS}/search", query)
        found += [_version(one) for one in answer.get("model_versions") or []]
        if not answer.get("next_page_token"):
            return max(found, key=lambda one: int(one.version), default=None)
        query["page_token"] = answer["next_page_token"]


def of_alias(session: Session, name: str, alias: str) -> RegisteredVersion | None:
    """The version that an alias points to; None where the model has no such alias.

    :raises NotFound: when there is no such model.
    """
    aliases = _model(session, name).get("aliases") or []
    number = next((one["version"] for one in aliases if one["alias"] == alias), None)
    return None if number is None else version(session, name, str(number))


def in_stage(session: Session, name: str, stage: str) -> RegisteredVersion | None:
    """The newest version in a stage; None when none is.

    :raises NotFound: when there is no such model.
    """
    latest = _model(session, name).get("latest_versions") or []
    found = [one for one in latest if str(one.get("current_stage")) == stage]
    return _version(found[0]) if found else None


def set_alias(session: Session, name: str, alias: str, number: str) -> None:
    """Let an alias point to a version, and no longer to another."""
    body = {"name": name, "alias": alias, "version": number}
    session.post(f"{_MODELS}/alias", body, repeatable=True)


def move_to_stage(session: Session, name: str, number: str, stage: str) -> None:
    """Move a version to a stage, and those that are in it to the archive."""
    body = {"name": name, "version": number, "stage": stage, "archive_existing_versions": True}
    session.post(f"{API}/databricks/model-versions/transition-stage", body, repeatable=True)


def _model(session: Session, name: str) -> Mapping[str, Any]:
    answer = session.get(f"{_MODELS}/get", {"name": name})
    model: Mapping[str, Any] = answer.get("registered_model") or {}
    return model


def _version(answer: Mapping[str, Any]) -> RegisteredVersion:
    return RegisteredVersion(
        name=str(answer.get("name") or ""),
        version=str(answer.get("version") or ""),
        run_id=str(answer.get("run_id") or ""),
    )
