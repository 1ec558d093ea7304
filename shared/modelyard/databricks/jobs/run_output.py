"""What a run leaves: the notebook's exit value, or the error and traceback of the task that failed.

Source: docs.databricks.com/api/azure/workspace/jobs/getrunoutput. It has an answer for the run of
a task only, not for that of a job, and keeps it for 60 days.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.databricks.jobs.run_states import Meaning
from modelyard.databricks.jobs.runs import API, Run, Task
from modelyard.databricks.remote_text import clean
from modelyard.http import Session


@dataclass(frozen=True)
class Output:
    """The output of one task run. Everything in it was written by remote code: untrusted."""

    exit_value: str | None = None
    """What the notebook gave ``dbutils.notebook.exit``; None when it didn't call it."""
    truncated: bool = False
    """The service keeps the first 5 MB of it."""
    error: str = ""
    trace: str = ""
    logs: str = ""
    """Standard output and error, of tasks that aren't notebooks."""


@dataclass(frozen=True)
class Reported:
    """What an exit value says of a training, where it is a JSON object.

    ``{"mlflow_run_id": "...", "metrics": {"rmse": 0.71}}``, or the metrics as its own fields.
    """

    mlflow_run_id: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


def get(session: Session, task_run_id: int) -> Output:
    """The output of a task's run."""
    answer = session.get(f"{API}/runs/get-output", {"run_id": task_run_id})
    notebook = answer.get("notebook_output") or {}
    result = notebook.get("result")
    return Output(
        exit_value=None if result is None else str(result),
        truncated=bool(notebook.get("truncated")),
        error=clean(str(answer.get("error") or "")).strip(),
        trace=clean(str(answer.get("error_trace") or "")).rstrip(),
        logs=clean(str(answer.get("logs") or "")).rstrip(),
    )


def failed_task(run: Run) -> Task | None:
    """The task that made the run fail: not one that only followed a task that had failed."""
    bad = (Meaning.FAILED, Meaning.TIMED_OUT, Meaning.CANCELED, Meaning.PARTIAL)
    failed = [task for task in run.tasks if task.state.meaning in bad]
    first_hand = [task for task in failed if not task.state.result.startswith("UPSTREAM_")]
    return next(iter(first_hand or failed), None)


def exit_task(run: Run) -> Task | None:
    """The task whose exit value is the run's: its last notebook."""
    return next((task for task in reversed(run.tasks) if task.notebook), None)


def reported(exit_value: str | None) -> Reported:
    """Read an exit value; one that isn't such an object reports nothing."""
    try:
        value = json.loads(exit_value or "")
    except ValueError:
        return Reported()
    if not isinstance(value, dict):
        return Reported()
    named = value.get("metrics")
    metrics = named if isinstance(named, dict) else value
    run_id = value.get("mlflow_run_id")
    return Reported(
        mlflow_run_id=run_id if isinstance(run_id, str) else "",
        metrics={
            str(name): float(number) for name, number in metrics.items() if _is_number(number)
        },
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def plain_metrics(metrics: Mapping[str, float]) -> dict[str, float | str]:
    """For JSON, which has no NaN: as MLflow's REST API writes them, ``"NaN"``, ``"Infinity"``."""
    return {
        name: value
        if math.isfinite(value)
        else "NaN"
        if math.isnan(value)
        else ("Infinity" if value > 0 else "-Infinity")
        for name, value in metrics.items()
    }
