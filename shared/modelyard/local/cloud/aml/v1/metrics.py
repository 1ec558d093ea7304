"""Metrics of runs, as `Run.log` and its sisters send them: named series of rows."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.front import listed, missing, refused
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-v1-metrics"


class Metrics:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def add(self, workspace: Workspace, run: str, series: Json) -> None:
        """Add rows to one series. Raises ArmError."""
        name = str(series.get("name") or "")
        if not name:
            raise refused("A metric needs a name.")
        key = f"{_start(workspace, run)}{name}"
        with self._cloud.store.lock:
            before = self._cloud.store.get(COLLECTION, key) or {**series, "value": []}
            rows = {one.get("metricId"): one for one in before["value"]}
            rows |= {one.get("metricId"): one for one in series.get("value") or ()}  # sent again?
            before["value"] = list(rows.values())
            before["columns"] = {**(before.get("columns") or {}), **(series.get("columns") or {})}
            self._cloud.store.put(COLLECTION, key, before)

    def of_run(self, workspace: Workspace, run: str) -> list[Json]:
        """The oldest first."""
        start = _start(workspace, run)
        items = self._cloud.store.items(COLLECTION)
        return [one for key, one in items if key.startswith(start)]

    def get(self, workspace: Workspace, run: str, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, f"{_start(workspace, run)}{name}")
        if found is None:
            raise missing(f"Metric {name} of run {run}")
        return found

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


class MetricResponses:
    """``/metric/v2.0/.../runs/<run>/...``"""

    def __init__(self, metrics: Metrics, runs: Runs) -> None:
        self._metrics = metrics
        self._runs = runs

    def batch(self, request: Request, workspace: Workspace, run: str) -> Json:
        self._runs.get(workspace, run)
        for one in read_body(request).get("values") or ():
            self._metrics.add(workspace, run, one)
        return {"errors": []}

    def list(self, _request: Request, workspace: Workspace, run: str) -> Json:
        self._runs.get(workspace, run)
        return listed(
            [
                {
                    "metricKey": {"namespace": None, "name": one["name"]},
                    "columns": one["columns"],
                    "properties": one.get("properties"),
                }
                for one in self._metrics.of_run(workspace, run)
            ]
        )

    def full(self, request: Request, workspace: Workspace, run: str) -> Json:
        body = read_body(request)
        found = self._metrics.get(workspace, run, str(body.get("metricName") or body.get("name")))
        container = self._runs.get(workspace, run)["dataContainerId"]
        return {**found, "dataContainerId": container, "continuationToken": None}


def _start(workspace: Workspace, run: str) -> str:
    return f"{workspace.id}/runs/{run}/".lower()
