"""What the tracking server is told of jobs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.aml import run_context
from modelyard.local.cloud.aml.jobs.tracking import Tracking


class Server:
    """A tracking server on which another step makes the experiment in the worst moment."""

    def __init__(self) -> None:
        self.experiment = ""
        self.runs: list[Any] = []

    def call(
        self, _method: str, _api: str, path: str, body: Any, _query: Any
    ) -> tuple[int, dict[str, Any]]:
        if path == "experiments/create":
            self.experiment = "7"
            return 400, {"error_code": "RESOURCE_ALREADY_EXISTS"}
        if path == "experiments/get-by-name":
            found = {"experiment": {"experiment_id": self.experiment}}
            return (200, found) if self.experiment else (404, {"error_code": "NOT_FOUND"})
        self.runs.append(body)
        return 200, {"run": {"info": {"run_id": "of-mlflow"}}}


def test_steps_that_begin_together_share_the_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    server, kept = Server(), dict[str, Any]()
    store = SimpleNamespace(put=lambda _collection, key, value: kept.update({key: value}))
    cloud: Any = SimpleNamespace(store=store, clock=FakeClock())
    workspace: Any = SimpleNamespace(tracking="https://tracking", path="/w", id="/w", name="w")
    tracking = Tracking(cloud)
    monkeypatch.setattr(tracking, "_call", server.call)
    monkeypatch.setattr(run_context, "variables", lambda *_: {run_context.TOKEN: "a-token"})

    found = tracking.variables(workspace, "run", "root", "sweep")

    assert found["MLFLOW_RUN_ID"] == "run"
    assert [one["experiment_id"] for one in server.runs] == ["7"]
    assert kept["run:run"] == {"id": "of-mlflow"}
