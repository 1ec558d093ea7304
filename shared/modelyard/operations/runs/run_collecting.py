"""What runs leave when they are over: exit values, MLflow runs and metrics, errors, tracebacks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from modelyard.context import Context
from modelyard.databricks.jobs import run_output
from modelyard.databricks.jobs.runs import Run
from modelyard.databricks.mlflow import mlflow_runs
from modelyard.databricks.mlflow.mlflow_runs import MlflowRun
from modelyard.errors import FileError, ModelyardError, NotFound
from modelyard.http import Session
from modelyard.operations.runs.run_records import Record

FILE = "runs.json"


def collect(
    session: Session, context: Context, records: Sequence[Record], *, experiment: str = ""
) -> None:
    """Read what every run that is over left, into its record. What can't be read is a warning.

    Metrics are those of the MLflow run that the exit value names, or else of the one that the
    Databricks run logged to the experiment; what the exit value says itself fills the gaps.

    :param experiment: id of an experiment to look in; empty for none.
    """
    for record in records:
        if record.run is None or not record.run.state.ended:
            continue
        try:
            _read_output(session, context, record, record.run)
            if record.succeeded(allow_partial=True):
                _read_metrics(session, context, record, record.run, experiment)
        except ModelyardError as error:
            context.log.warning("%s: its output can't be read: %s", record.title, error.what)


def keep_file(context: Context, records: Sequence[Record], name: str, path: str | None) -> None:
    """Write the runs to a file and keep it as an artifact of the CI run.

    :param name: of the artifact.
    :param path: where to write; None for a temporary folder, which is gone afterwards.
    :raises FileError: when the file can't be written.
    """
    document = [record.as_json() for record in records]
    with tempfile.TemporaryDirectory(prefix="modelyard-") as temporary:
        file = Path(path) if path else Path(temporary) / FILE
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
        except OSError as error:
            raise FileError(
                f"{file} can't be written: {error.strerror}",
                fix="name a file that this user may write",
            ) from None
        context.upload(name, file)


def _read_output(session: Session, context: Context, record: Record, run: Run) -> None:
    succeeded = record.succeeded(allow_partial=True)
    task = run_output.exit_task(run) if succeeded else run_output.failed_task(run)
    if task is None:
        return
    record.output = run_output.get(session, task.run_id)
    if record.output.logs:
        context.show_remote(f"Output of run {record.run_id}", record.output.logs)
    if record.output.truncated:
        context.log.warning("%s: its exit value is over 5 MB and was cut", record.title)
    if not succeeded and record.output.trace and not record.cancelled_by_us:
        context.show_remote(f"Traceback of run {record.run_id}", record.output.trace)


def _read_metrics(
    session: Session, context: Context, record: Record, run: Run, experiment: str
) -> None:
    said = run_output.reported(record.output.exit_value)
    record.metrics = said.metrics
    try:
        logged = _logged(session, run, said.mlflow_run_id, experiment)
    except NotFound:
        context.log.warning(
            "%s names the MLflow run %s, which doesn't exist", record.title, said.mlflow_run_id
        )
        return
    if len(logged) > 1:
        names = ", ".join(one.id for one in logged)
        context.log.warning("%s logged several MLflow runs: %s", record.title, names)
    elif logged:
        record.mlflow_run_id = logged[0].id
        record.metrics = {**said.metrics, **logged[0].metrics}


def _logged(session: Session, run: Run, named: str, experiment: str) -> Sequence[MlflowRun]:
    if named:
        return [mlflow_runs.get(session, named)]
    if not experiment:
        return []
    ids = [run.id, *(task.run_id for task in run.tasks)]
    found = mlflow_runs.of_databricks_run(session, experiment, ids)
    return [one for one in found if "mlflow.parentRunId" not in one.tags]
