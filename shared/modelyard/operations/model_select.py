"""model-select: the best model of this build by a metric, and its files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.context import Context
from modelyard.errors import NoModel
from modelyard.operation import Operation, result
from modelyard.operations.selecting import on_azureml, on_databricks
from modelyard.operations.selecting.found import FoundModel
from modelyard.operations.selecting.select_inputs import AZURE_ML, SelectInputs, check
from modelyard.selection import Choice, Criterion, choose, criterion
from modelyard.summary import ERROR, Bar, bar_chart, code, escape, fence, heading, table


@dataclass(frozen=True)
class Outputs:
    best_run_id: str | None = result(
        "MLflow run, or job of Azure ML, that was chosen; set when one passed."
    )
    best_metric: float | None = result("Its value of the metric; set with it.")
    best_parameters: dict[str, str] | None = result("Its MLflow parameters, as JSON; set with it.")
    model_uri: str | None = result("Its model, as runs:/RUN/NAME; set with it.")
    model_id: str | None = result("Id of the logged model (m-...); set when MLflow 3 made one.")
    model_path: str | None = result("Folder with the model's files; set when it was downloaded.")
    verdicts: list[dict[str, object]] | None = result(
        "Each run with its value and why it was chosen or not, as JSON."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: SelectInputs, context: Context) -> Outputs:
    by = criterion(inputs.metric, inputs.better, inputs.threshold)
    assert by is not None  # the metric is a required input
    check(inputs)
    source = on_azureml if inputs.source == AZURE_ML else on_databricks
    found = source.found(inputs, context)
    try:
        choice = choose([one.candidate for one in found], by, named_by=inputs.named_by)
    except NoModel as error:
        context.ci.summary(f"{heading('No model')}\n\n{fence(error.what, ERROR)}\n")
        raise
    best = next(one for one in found if one.candidate is choice.best.candidate)
    assert best.model is not None  # a run without one is refused
    run_id = best.candidate.id
    context.log.info(
        "best of %d runs: %s, %s %s", len(found), run_id, by.metric, by.told(choice.value)
    )
    context.publish(
        best_run_id=run_id,
        best_metric=choice.value,
        best_parameters=dict(best.parameters),
        verdicts=_verdicts(choice),
    )
    model = best.model(inputs.model_name)
    context.publish(model_uri=model.uri, model_id=model.id or None)
    path = _download(inputs, context, model)
    context.ci.summary(_summary(choice, by, model))
    return Outputs(model_path=path)


def _download(inputs: SelectInputs, context: Context, model: FoundModel) -> str | None:
    if not inputs.download_to:
        return None
    if inputs.dry_run:
        context.log.info("would download %s to %s", model.uri, inputs.download_to)
        return None
    model.download(Path(inputs.download_to))
    return inputs.download_to


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


def _summary(choice: Choice, by: Criterion, model: FoundModel) -> str:
    rows: Sequence[Sequence[str]] = [
        [
            escape(one.candidate.title),
            code(one.candidate.id),
            "" if one.value is None else by.told(one.value),
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
        table(["run", "run id", by.metric, "verdict"], rows, right=[2]),
        bar_chart(f"{by.metric}, {by.better} is better", bars, line=by.threshold),
        f"Chosen: {code(model.uri)}, {code(by.metric)} {by.told(choice.value)}",
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
    inputs=SelectInputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="runs: ${{ steps.job-run.outputs.runs }}\n"
    "metric: rmse\nbetter: lower\nthreshold: 0.8\n"
    "download-to: model",
)
