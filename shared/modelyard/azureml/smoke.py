"""The smoke test of a workspace: a run of an experiment that logs one value and reads it back.

It needs the region's API, the tracking of experiments and the right to write there, which a
workspace that Resource Manager shows may all be without.

Source: azureml-core 1.61, the clients of run history and metrics (``history/v1.0``,
``metric/v2.0``).
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from modelyard.azureml import studio
from modelyard.azureml.connection import Place
from modelyard.clock import Clock
from modelyard.errors import ModelyardError, ServiceError
from modelyard.http import Session

METRIC = "smoke"
COMPLETED = "Completed"
_EVENT = "Microsoft.MachineLearning.Run."


@dataclass(frozen=True)
class SmokeRun:
    """The run of a smoke test that went well."""

    id: str
    url: str
    """Its page in Azure ML studio."""


def log_one_value(
    session: Session, place: Place, experiment: str, value: float, clock: Clock
) -> SmokeRun:
    """Log one value in a new run.

    :param session: to the API of the workspace's region.
    :raises ServiceError: when a call is refused, or the run or its value isn't what was sent.
    """
    run = str(uuid.uuid4())
    experiments = f"/history/v1.0{place.path}/experiments/{quote(experiment, safe='')}"
    address = f"{experiments}/runs/{run}"
    session.call("POST", experiments, json={}, repeatable=True)
    session.call(
        "PATCH", address, json={"runId": run, "name": "smoke test", "target": "local"},
        repeatable=True,
    )  # fmt: skip
    _tell(session, address, run, "Start", clock)
    try:
        found = _logged(session, place, run, address, value, clock)
    except ModelyardError:
        _tell(session, address, run, "Failed", clock)
        raise
    _tell(session, address, run, COMPLETED, clock)
    status = str(session.get(address).get("status"))
    if found != value or status != COMPLETED:
        raise ServiceError(
            f"run {run} of the experiment {experiment} is {status} with {METRIC} = {found}; "
            f"{COMPLETED} with {value} was sent",
            cause="the workspace answers, but doesn't keep what it is told",
            fix="try again; look whether Azure reports trouble with Azure Machine Learning",
        )
    return SmokeRun(run, studio.run_page(run, place.path, session.base))


def _logged(
    session: Session, place: Place, run: str, address: str, value: float, clock: Clock
) -> float | None:
    """Send the value; what comes back."""
    metrics = f"/metric/v2.0{place.path}/runs/{run}"
    row = {
        "metricId": str(uuid.uuid4()),
        "createdUtc": _now(clock),
        "step": 0,
        "data": {METRIC: value},
    }
    series: dict[str, Any] = {
        "name": METRIC,
        "columns": {METRIC: "Double"},
        "properties": {"uxMetricType": "azureml.v1.scalar"},
        "value": [row],
    }
    batch = {"values": [series], "reportErrors": True}
    session.call("POST", f"{metrics}/batch", json=batch, repeatable=True)
    session.call("GET", f"{address}/metricsingest/wait")
    kept = session.post(f"{metrics}/full", {"metricName": METRIC}, reads=True)
    rows = kept.get("value") or []
    return rows[-1]["data"].get(METRIC) if rows else None


def _tell(session: Session, address: str, run: str, what: str, clock: Clock) -> None:
    event = {"name": f"{_EVENT}{what}", "timestamp": _now(clock), "data": {"RunId": run}}
    session.call("POST", f"{address}/events", json=event, repeatable=True)


def _now(clock: Clock) -> str:
    moment = datetime.datetime.fromtimestamp(clock.time(), datetime.timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")
