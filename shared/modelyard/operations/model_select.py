"""model-select: the best model of this build by a metric, and its files."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.context import Context
from modelyard.databricks.mlflow import mlflow_models, mlflow_runs
from modelyard.databricks.mlflow.mlflow_models import Model
from modelyard.databricks.mlflow.mlflow_runs import MlflowRun
from modelyard.errors import InputError, NoModel, NotFound
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.workspace_inputs import WritingInputs, connect
from modelyard.operations.runs.run_records import labels
from modelyard.selection import (
    DIRECTIONS,
    Candidate,
    Choice,
    Criterion,
    choose,
    criterion,
    number,
)
from modelyard.summary import ERROR, Bar, bar_chart, code, escape, fence, heading, table

_SOURCE = "Which runs"


@dataclass(frozen=True, kw_only=True)
class Inputs(WritingInputs):
    runs: Structure | None = given(
        "The output runs of job-run or notebook-run, or the file of their artifact: the best of "
        "these runs is chosen. Either this or experiment.",
        default=None,
        file=True,
        group=_SOURCE,
    )
    experiment: str | None = given(
        "MLflow experiment, by name or id: the best of its runs with this build's tag "
        "(modelyard.build) is chosen.",
        default=None,
        group=_SOURCE,
    )
    build: str | None = given(
        "Value of the tag modelyard.build. Left out it is the name of this build.",
        default=None,
        group=_SOURCE,
    )
    metric: str = given("Metric to choose by.")
    better: str = given("Which values of the metric are better.", choices=DIRECTIONS)
    threshold: float | None = given(
        "The best run has to be better than this, or the step fails.", default=None
    )
    model_name: str = given("Name that the runs log their model under.", default="model")
    download_to: str | None = given(
        "Folder to download the model to, such as for image-build. It appears when the model is "
        "there, and holds nothing else.",
        default=None,
    )


@dataclass(frozen=True)
class Outputs:
    best_run_id: str | None = result("MLflow run that was chosen; set when one passed.")
    best_metric: float | None = result("Its value of the metric; set with it.")
    best_parameters: dict[str, str] | None = result("Its MLflow parameters, as JSON; set with it.")
    model_uri: str | None = result("Its model, as runs:/RUN/NAME; set with it.")
    model_id: str | None = result("Id of the logged model (m-...); set when MLflow 3 made one.")
    model_path: str | None = result("Folder with the model's files; set when it was downloaded.")
    verdicts: list[dict[str, object]] | None = result(
        "Each run with its value and why it was chosen or not, as JSON."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    by = criterion(inputs.metric, inputs.better, inputs.threshold)
    assert by is not None  # the metric is a required input
    if (inputs.runs is None) == (inputs.experiment is None):
        raise InputError(
            "exactly one of runs and experiment is needed",
            fix="give runs: the output of the job-run step that trained the models",
        )
    if inputs.build and inputs.runs is not None:
        raise InputError("build is given, and runs: those are of one build already")
    if not re.fullmatch(r"[^/\\:\x00-\x1f]+", inputs.model_name) or inputs.model_name in (
        ".",
        "..",
    ):
        raise InputError(f"model-name is {inputs.model_name!r}, which names no model")
    session = connect(inputs, context)
    if inputs.experiment:
        found = _of_build(session, context, inputs.experiment, inputs.build)
    else:
        found = _of_runs(session, inputs.runs)
    try:
        choice = choose([candidate for candidate, _ in found], by)
    except NoModel as error:
        context.ci.summary(f"{heading('No model')}\n\n{fence(error.what, ERROR)}\n")
        raise
    best = next(run for one, run in found if one is choice.best.candidate and run is not None)
    context.log.info(
        "best of %d runs: %s, %s %s", len(found), best.id, by.metric, number(choice.value)
    )
    verdicts = _verdicts(choice)
    context.publish(
        best_run_id=best.id,
        best_metric=choice.value,
        best_parameters=dict(best.params),
        verdicts=verdicts,
    )
    model = mlflow_models.find(session, best, inputs.model_name)
    context.publish(model_uri=model.uri, model_id=model.model_id or None)
    path = _download(session, context, model, inputs.download_to)
    context.ci.summary(_summary(choice, by, model))
    return Outputs(model_path=path)


Found = tuple[Candidate, MlflowRun | None]


def _of_build(
    session: Session, context: Context, experiment: str, build: str | None
) -> list[Found]:
    build = build or context.ci.identity().build
    found = mlflow_runs.of_build(session, mlflow_runs.experiment_id(session, experiment), build)
    context.log.info("%s: %d runs of build %s", experiment, len(found), build)
    return [(_candidate(run, run.name or run.id), run) for run in found]


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
        return Candidate(str(entry.get("run_id")), title, metrics, why), None
    try:
        run = mlflow_runs.get(session, run_id)
    except NotFound:
        return Candidate(run_id, title, metrics, f"its MLflow run {run_id} doesn't exist"), None
    return _candidate(run, title), run


def _candidate(run: MlflowRun, title: str) -> Candidate:
    refused = "is deleted" if run.deleted else ""
    if not refused and run.status != "FINISHED":
        refused = f"is {run.status or 'of no known status'}"
    return Candidate(run.id, title, run.metrics, refused)


def _metrics(value: Any) -> dict[str, float]:
    named = value if isinstance(value, dict) else {}
    return {str(name): _number(str(name), one) for name, one in named.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)  # "NaN" and "Infinity" are texts in JSON
    except (TypeError, ValueError):
        raise InputError(f"runs has the metric {name} with the value {value!r}") from None


def _download(session: Session, context: Context, model: Model, folder: str | None) -> str | None:
    if not folder:
        return None
    if session.read_only:
        context.log.info("would download %s to %s", model.uri, folder)
        return None
    mlflow_models.download(session, model, Path(folder))
    return folder


def _verdicts(choice: Choice) -> list[dict[str, object]]:
    return [
        {
            "run_id": one.candidate.id,
            "title": one.candidate.title,
            "value": one.value if one.value is None or math.isfinite(one.value) else str(one.value),
            "verdict": one.reason,
        }
        for one in choice.verdicts
    ]


def _summary(choice: Choice, by: Criterion, model: Model) -> str:
    rows: Sequence[Sequence[str]] = [
        [
            escape(one.candidate.title),
            code(one.candidate.id),
            "" if one.value is None else number(one.value),
            escape(one.reason),
        ]
        for one in choice.verdicts
    ]
    bars = [
        Bar(one.candidate.title, one.value, "best" if one is choice.best else one.reason)
        for one in choice.verdicts
    ]
    parts = [
        heading(f"Model: {by.shown}"),
        table(["run", "MLflow run", by.metric, "verdict"], rows, right=[2]),
        bar_chart(f"{by.metric}, {by.better} is better", bars, line=by.threshold),
        f"Chosen: {code(model.uri)}, {code(by.metric)} {number(choice.value)}",
    ]
    return "\n\n".join(parts) + "\n"


OPERATION = Operation(
    name="model-select",
    title="Choose the best model of this build",
    description="Chooses among the runs that this build made, and no others, the one with the best "
    "value of a metric; fails when none is good enough, and says of each run why. Downloads the "
    "model's files where a folder is named.",
    group="models",
    task_id="48ebd732-0f16-4241-9ed3-357362fa599d",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="runs: ${{ steps.job-run.outputs.runs }}\n"
    "metric: rmse\nbetter: lower\nthreshold: 0.8\n"
    "download-to: model",
)
