"""A run that no client of MLflow has begun, as MLflow shows it: what SDK v1 logged, it shows too.

Source: learn.microsoft.com, "Query and compare experiments and runs with MLflow".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.v1.metrics import Metrics
from modelyard.local.cloud.aml.workspaces import Workspace

Json = dict[str, Any]
_STATUS: Mapping[str, str] = {
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
    "NotStarted": "SCHEDULED",
    "Queued": "SCHEDULED",
}


def shown(runs: Runs, metrics: Metrics, workspace: Workspace, id: str) -> Json:
    """The answer of ``runs/get``. Raises ArmError when there is no such run."""
    run = runs.get(workspace, id)
    values = {one["name"]: value for one in metrics.of_run(workspace, id) for value in _last(one)}
    return {
        "run": {
            "info": {
                "run_id": id,
                "run_uuid": id,
                "run_name": run.get("displayName") or id,
                "experiment_id": run["experimentId"],
                "status": _STATUS.get(run["status"], "RUNNING"),
                "lifecycle_stage": "active",
            },
            "data": {
                "metrics": [{"key": name, "value": value} for name, value in values.items()],
                "params": [],
                "tags": [{"key": name, "value": text} for name, text in run["tags"].items()],
            },
        }
    }


def _last(series: Json) -> list[float]:
    """The value of its last row; nothing for what isn't a number."""
    rows = [row["data"].get(series["name"]) for row in series.get("value") or ()]
    numbers = [one for one in rows if isinstance(one, (int, float)) and math.isfinite(one)]
    return numbers[-1:]
