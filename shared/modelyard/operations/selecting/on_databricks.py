"""Runs of a Databricks workspace's MLflow: those that job-run names, or those of a build."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from modelyard.context import Context
from modelyard.databricks.mlflow import mlflow_models, mlflow_runs
from modelyard.databricks.mlflow.mlflow_runs import MlflowRun
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.inputs.workspace_inputs import connect
from modelyard.operations.runs.run_records import labels
from modelyard.operations.selecting.found import Found, FoundModel
from modelyard.operations.selecting.select_inputs import SelectInputs
from modelyard.selection import Candidate


def found(inputs: SelectInputs, context: Context) -> list[Found]:
    """The runs that the inputs name, whatever became of them."""
    session = connect(inputs, context)
    if inputs.experiment:
        return _of_build(session, context, inputs.experiment, inputs.build)
    return _of_runs(session, inputs.runs)


def _of_build(
    session: Session, context: Context, experiment: str, build: str | None
) -> list[Found]:
    build = build or context.ci.identity().build
    runs = mlflow_runs.of_build(session, mlflow_runs.experiment_id(session, experiment), build)
    context.log.info("%s: %d runs of build %s", experiment, len(runs), build)
    return [_found(session, run, run.name or run.id) for run in runs]


def _of_runs(session: Session, value: Any) -> list[Found]:
    """The runs that job-run started: metrics are read again where they were logged."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InputError(
            "runs isn't a list of runs as job-run writes it",
            fix="give the output runs of job-run, or the path of its artifact runs.json",
        )
    parameters = [
        {str(name): str(text) for name, text in (one.get("parameters") or {}).items()}
        for one in value
    ]
    return [
        _of_entry(session, one, label) for one, label in zip(value, labels(parameters), strict=True)
    ]


def _of_entry(session: Session, entry: Mapping[str, Any], label: str) -> Found:
    title = f"run {entry.get('run_id') or 'not started'}"
    if label:
        title += f" ({label})"
    run_id = entry.get("mlflow_run_id")
    metrics = _metrics(entry.get("metrics"))
    if not run_id or not isinstance(run_id, str):
        state = str(entry.get("result_state") or entry.get("life_cycle_state") or "")
        why = "names no MLflow run" if entry.get("succeeded") else f"is {state or 'not over'}"
        return Found(Candidate(str(entry.get("run_id")), title, metrics, why))
    try:
        run = mlflow_runs.get(session, run_id)
    except NotFound:
        why = f"its MLflow run {run_id} doesn't exist"
        return Found(Candidate(run_id, title, metrics, why))
    return _found(session, run, title)


def _found(session: Session, run: MlflowRun, title: str) -> Found:
    refused = "is deleted" if run.deleted else ""
    if not refused and run.status != "FINISHED":
        refused = f"is {run.status or 'of no known status'}"

    def model(name: str) -> FoundModel:
        logged = mlflow_models.find(session, run, name)
        return FoundModel(
            logged.uri, partial(mlflow_models.download, session, logged), logged.model_id
        )

    return Found(Candidate(run.id, title, run.metrics, refused), run.params, model)


def _metrics(value: Any) -> dict[str, float]:
    named = value if isinstance(value, dict) else {}
    return {str(name): _number(str(name), one) for name, one in named.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)  # "NaN" and "Infinity" are texts in JSON
    except (TypeError, ValueError):
        raise InputError(f"runs has the metric {name} with the value {value!r}") from None
