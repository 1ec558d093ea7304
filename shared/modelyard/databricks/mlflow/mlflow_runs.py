"""MLflow's tracking in the workspace: runs, their metrics, and who made them.

Source: mlflow.org/docs, "REST API", version 2.0 (runs/get, runs/search, experiments/get-by-name);
the same under docs.databricks.com/api/azure/workspace/experiments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.errors import InputError, NotFound
from modelyard.http import Session

API = "/api/2.0/mlflow"
BUILD_TAG = "modelyard.build"
"""Set by a notebook that is told which build it belongs to."""
JOB_RUN_TAGS = ("mlflow.databricks.jobRunID", "mlflow.databricks.jobRunId")
"""Databricks sets one of them on what a job's run logs."""
PAGE = 1000


@dataclass(frozen=True)
class MlflowRun:
    """An MLflow run: what was measured in one training."""

    id: str
    experiment_id: str
    name: str
    status: str
    """FINISHED, RUNNING, SCHEDULED, FAILED or KILLED."""
    deleted: bool
    metrics: Mapping[str, float]
    """The last value of each."""
    params: Mapping[str, str]
    tags: Mapping[str, str]
    artifact_uri: str
    model_ids: tuple[str, ...]
    """Models that it logged, where the server keeps them apart from the run (MLflow 3)."""


def get(session: Session, run_id: str) -> MlflowRun:
    """One run by its id.

    :raises NotFound:
    """
    return _run(session.get(f"{API}/runs/get", {"run_id": run_id}).get("run") or {})


def experiment_id(session: Session, name_or_id: str) -> str:
    """The id of an experiment by its name (``/Shared/wine``), or an id as it is.

    :raises NotFound:
    """
    if name_or_id.isdecimal():
        return name_or_id
    try:
        answer = session.get(f"{API}/experiments/get-by-name", {"experiment_name": name_or_id})
    except NotFound as error:
        raise NotFound(
            f"there is no experiment {name_or_id} in {session.base}",
            status=error.status,
            code=error.code,
            cause="the name is misspelt, or no run has logged to it yet",
            fix="give the experiment's full name, such as /Shared/wine-quality",
        ) from None
    return str(answer["experiment"]["experiment_id"])


def search(session: Session, experiment: str, condition: str = "") -> Iterator[MlflowRun]:
    """The runs of one experiment that meet a condition, deleted ones left out, oldest first.

    :param experiment: its id.
    :param condition: in MLflow's search language: ``tags.`modelyard.build` = 'x'``.
    """
    body: dict[str, Any] = {
        "experiment_ids": [experiment],
        "filter": condition,
        "max_results": PAGE,
        "run_view_type": "ACTIVE_ONLY",
        "order_by": ["attributes.start_time ASC"],
    }
    while True:
        answer = session.post(f"{API}/runs/search", body, reads=True)
        for run in answer.get("runs") or []:
            yield _run(run)
        page = answer.get("next_page_token")
        if not page:
            return
        body["page_token"] = page


def of_build(session: Session, experiment: str, build: str) -> tuple[MlflowRun, ...]:
    """The runs of one build: those that carry its name in the tag BUILD_TAG."""
    return tuple(search(session, experiment, f"tags.`{BUILD_TAG}` = {quoted(build)}"))


def of_databricks_run(
    session: Session, experiment: str, run_ids: Sequence[int]
) -> tuple[MlflowRun, ...]:
    """The runs that a Databricks run logged, by the tags that Databricks sets.

    :param run_ids: of the job's run and of its task: runtimes differ in which one they name.
    """
    found: dict[str, MlflowRun] = {}
    for tag in JOB_RUN_TAGS:
        for run_id in run_ids:
            for run in search(session, experiment, f"tags.`{tag}` = '{run_id}'"):
                found[run.id] = run
    return tuple(found.values())


def quoted(text: str) -> str:
    """A literal of the search language, which has no escapes: one kind of quote must do."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    raise InputError(f"MLflow can't search for {text!r}: it holds both kinds of quotes")


def _run(answer: Mapping[str, Any]) -> MlflowRun:
    info, data = answer.get("info") or {}, answer.get("data") or {}
    tags = _pairs(data.get("tags"))
    outputs = answer.get("outputs") or {}
    return MlflowRun(
        id=str(info.get("run_id") or info.get("run_uuid") or ""),
        experiment_id=str(info.get("experiment_id") or ""),
        name=str(info.get("run_name") or tags.get("mlflow.runName") or ""),
        status=str(info.get("status") or ""),
        deleted=info.get("lifecycle_stage") == "deleted",
        # A value that JSON can't have comes as text: "NaN", "Infinity".
        metrics={str(one["key"]): float(one["value"]) for one in data.get("metrics") or []},
        params=_pairs(data.get("params")),
        tags=tags,
        artifact_uri=str(info.get("artifact_uri") or ""),
        model_ids=tuple(
            str(one["model_id"]) for one in outputs.get("model_outputs") or [] if "model_id" in one
        ),
    )


def _pairs(listed: Any) -> dict[str, str]:
    return {str(one["key"]): str(one.get("value", "")) for one in listed or []}
