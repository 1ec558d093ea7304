from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.execution import execute
from modelyard.http import Session
from modelyard.operations.model_select import OPERATION
from modelyard.operations.selecting import on_azureml
from unit.conftest import IDENTITY, RecordingCI

ARM, API = "https://management.azure.com", "https://westeurope.api.azureml.ms"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
WS = Place(SUBSCRIPTION, "wine", "wine").path
BLOBS = "https://wine.blob.core.windows.net"
Run = Callable[..., int]
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sessions without a sign-in."""

    def connect(_inputs: Any, context: Context, *, read_only: bool = False) -> Session:
        return Session(ARM, clock=context.clock, read_only=read_only)

    def connect_api(_inputs: Any, context: Context, address: str, *, read_only: bool) -> Session:
        return Session(address, clock=context.clock, read_only=read_only)

    monkeypatch.setattr(on_azureml, "connect", connect)
    monkeypatch.setattr(on_azureml, "connect_api", connect_api)


class History:
    """Runs of a workspace: what history, MLflow and the artifacts of each say."""

    def __init__(self, mock: mocking.Mocker) -> None:
        self.mock = mock
        self.runs: dict[str, Json] = {}
        self.children: dict[str, list[str]] = {}
        self.artifacts: dict[str, dict[str, bytes]] = {}
        mock.get(f"{ARM}{WS}", json={"id": WS, "properties": {"discoveryUrl": f"{API}/discovery"}})

    def add(
        self,
        id: str,
        metrics: Json | None = None,
        *,
        status: str = "Completed",
        below: str = "",
        files: dict[str, bytes] | None = None,
        **more: Any,
    ) -> None:
        """A run; without metrics MLflow doesn't know it."""
        base = f"{API}/history/v1.0{WS}/runs/{id}"
        run = {"runId": id, "displayName": id.upper(), "status": status, **more}
        run |= {"createdUtc": f"2026-01-01T00:00:{len(self.runs):02}Z"}
        self.runs[id] = run
        self.mock.get(base, json=run)
        self.children[id] = []
        if below:
            self.children[below].append(id)
        self.mock.get(
            f"{base}/children",
            json=lambda *_: {"value": [self.runs[one] for one in reversed(self.children[id])]},
        )
        self.artifacts[id] = files or {}
        where = f"{API}/artifact/v2.0{WS}/artifacts"
        for folder in ("model", "outputs/model"):
            self.mock.get(
                f"{where}/prefix/contentinfo/ExperimentRun/dcid.{id}/{folder}",
                json=self._below(id, folder),
            )
        self.mock.get(
            f"{where}/ExperimentRun/dcid.{id}",
            json={"value": [{"path": path} for path in self.artifacts[id]]},
        )
        for path, content in self.artifacts[id].items():
            self.mock.get(f"{BLOBS}/{id}/{path}", content=content)
        self._tracked(id, metrics)

    def _tracked(self, id: str, metrics: Json | None) -> None:
        address = f"{API}/mlflow/v1.0{WS}/api/2.0/mlflow/runs/get?run_id={id}"
        if metrics is None:
            body = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such run"}
            self.mock.get(address, status_code=404, json=body)
            return
        data = {
            "metrics": [{"key": key, "value": value} for key, value in metrics.items()],
            "params": [{"key": "alpha", "value": "0.3"}],
        }
        body = {"run": {"info": {"run_id": id, "status": "FINISHED"}, "data": data}}
        self.mock.get(address, json=body)

    def _below(self, id: str, start: str) -> Json:
        return {
            "value": [
                {"path": path, "contentUri": f"{BLOBS}/{id}/{path}?sig=made-up"}
                for path in self.artifacts[id]
                if path.startswith(start)
            ]
        }


@pytest.fixture
def history(requests_mock: mocking.Mocker) -> History:
    return History(requests_mock)


@pytest.fixture
def run(recording_ci: RecordingCI, clock: FakeClock) -> Run:
    def call(**inputs: str) -> int:
        recording_ci.inputs = {
            "source": "azure-ml",
            "subscription-id": SUBSCRIPTION,
            "workspace-name": "wine",
            "resource-group": "wine",
            "metric": "rmse",
            "better": "lower",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


def verdicts(recording_ci: RecordingCI) -> dict[str, str]:
    return {one["title"]: one["verdict"] for one in json.loads(recording_ci.outputs["verdicts"])}


def test_the_best_step_of_a_pipeline_and_its_model(
    run: Run, history: History, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    history.add("job", {})
    history.add("split", {}, below="job")
    for name, rmse in (("a", 0.7), ("b", 0.6), ("c", 0.6)):
        files = {"model/MLmodel": name.encode(), "model2/MLmodel": b"", "model/data/m.bin": b"1"}
        history.add(name, {"rmse": rmse}, below="job", files=files)
    assert run(run_ids="job", threshold="0.8", download_to=str(tmp_path / "got")) == 0
    outputs = recording_ci.outputs
    assert (outputs["best-run-id"], outputs["best-metric"]) == ("b", "0.6")
    assert outputs["model-uri"] == "runs:/b/model"
    assert json.loads(outputs["best-parameters"]) == {"alpha": "0.3"}
    assert verdicts(recording_ci) == {
        "JOB / SPLIT": "has no metric rmse",
        "JOB / A": "not the lowest",
        "JOB / B": "best",
        "JOB / C": "equal, but later",
    }
    got = tmp_path / "got"
    assert (got / "MLmodel").read_bytes() == b"b"
    assert sorted(one.name for one in got.rglob("*")) == ["MLmodel", "data", "m.bin"]
    assert outputs["model-path"] == str(got)
    assert "made-up" not in "\n".join(recording_ci.lines)


def test_a_dry_run_downloads_nothing(
    run: Run, history: History, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    history.add("job", {"rmse": 1.0}, files={"outputs/model/m.pkl": b"1"})
    assert run(run_ids="job", download_to=str(tmp_path / "got"), dry_run="true") == 0
    assert recording_ci.outputs["model-uri"] == "runs:/job/outputs/model"
    assert not (tmp_path / "got").exists()


def test_a_metric_that_no_run_has(run: Run, history: History, recording_ci: RecordingCI) -> None:
    history.add("job", {})
    history.add("a", {"rmsle": 0.6, "mae": 0.1}, below="job")
    assert run(run_ids="job") == 40
    (error,) = recording_ci.annotations
    assert "those that exist: mae, rmsle" in error.text


def test_runs_that_are_not_over_or_failed_are_not_chosen(
    run: Run, history: History, recording_ci: RecordingCI
) -> None:
    history.add("job", {}, status="Failed")
    history.add("a", {"rmse": 0.1}, below="job", status="Failed")
    history.add("b", {"rmse": 0.2}, below="job", status="Running")
    history.add("c", None, below="job")
    assert run(run_ids="job") == 40
    text = recording_ci.annotations[0].text
    for told in ("JOB / A: rmse 0.1, is Failed", "is Running", "has logged nothing"):
        assert told in text
    assert "no run succeeded" in text


def test_trials_folds_and_a_step_that_was_reused(
    run: Run, history: History, recording_ci: RecordingCI
) -> None:
    history.add("old", {"rmse": 0.3}, files={"model/MLmodel": b""})
    # Logged by a step to the pipeline as well.
    history.add("job", {"rmse": 0.1}, runType="azureml.PipelineRun")
    history.add("sweep", {}, below="job")
    history.add("trial", {"rmse": 0.4}, below="sweep")
    history.add("fold", {"rmse": 0.01}, below="trial")
    reused = {"azureml.reusedrunid": "old"}
    history.add("again", None, below="job", properties=reused)
    assert run(run_ids="job") == 0
    assert recording_ci.outputs["best-run-id"] == "old"
    assert verdicts(recording_ci) == {
        "JOB / SWEEP / TRIAL": "not the lowest",
        "JOB / AGAIN (of old)": "best",
    }


def test_a_sweep_that_was_reused_has_the_trials_of_the_earlier_one(
    run: Run, history: History, recording_ci: RecordingCI
) -> None:
    history.add("old", {})
    history.add("trial", {"rmse": 0.4}, below="old", files={"model/MLmodel": b""})
    history.add("job", {})
    history.add("again", None, below="job", properties={"azureml.reusedrunid": "old"})
    assert run(run_ids="job") == 0
    assert recording_ci.outputs["best-run-id"] == "trial"


def test_the_jobs_of_this_build(
    run: Run, history: History, recording_ci: RecordingCI, requests_mock: mocking.Mocker
) -> None:
    history.add("first", {"rmse": 2.0}, tags={"build": IDENTITY.build})
    history.add("second", {"rmse": 1.0}, tags={"build": IDENTITY.build})
    history.add("other", {"rmse": 0.1}, tags={"build": "another"})
    pages = [
        {"value": [history.runs["other"], history.runs["second"]], "continuationToken": "more"},
        {"value": [history.runs["first"]]},
    ]
    asked = requests_mock.post(
        f"{API}/history/v1.0{WS}/experiments/wine%20quality/runs:query",
        [{"json": page} for page in pages],
    )
    assert run(experiment="wine quality") == 40  # it left no model
    assert list(verdicts(recording_ci)) == ["FIRST", "SECOND"]
    assert recording_ci.outputs["best-run-id"] == "second"
    assert asked.last_request is not None
    assert asked.last_request.json()["continuationToken"] == "more"


def test_no_job_of_this_build(
    run: Run, history: History, recording_ci: RecordingCI, requests_mock: mocking.Mocker
) -> None:
    history.add("other", {"rmse": 0.1}, tags={"build": "another"})
    address = f"{API}/history/v1.0{WS}/experiments/wine/runs:query"
    requests_mock.post(address, json={"value": [history.runs["other"]]})
    assert run(experiment="wine") == 40
    assert "no run of this build was found" in recording_ci.annotations[0].text
    assert "see that run-ids has this build's runs" in recording_ci.annotations[0].text
    requests_mock.post(address, status_code=404, json={"error": {"code": "UserError"}})
    assert run(experiment="wine") == 14
    assert "has no experiment wine" in recording_ci.annotations[-1].text


def test_a_run_that_is_not_there_is_named(
    run: Run, history: History, recording_ci: RecordingCI
) -> None:
    address = f"{API}/history/v1.0{WS}/runs/job-0"
    history.mock.get(address, status_code=404, json={"error": {"code": "UserError"}})
    assert run(run_ids="job-0") == 14
    (told,) = recording_ci.annotations
    assert "the workspace wine has no run job-0" in told.text
    assert "GET https" not in told.text


def test_a_model_of_another_name(run: Run, history: History, recording_ci: RecordingCI) -> None:
    history.add("job", {"rmse": 0.1}, files={"outputs/net/m.bin": b"", "note.txt": b""})
    assert run(run_ids="job") == 40
    text = recording_ci.annotations[0].text
    assert "left no folder 'model' among its artifacts; it has outputs/net" in text
    assert "an output of the job is downloaded by aml-pipeline's download-output" in text
    assert recording_ci.outputs["best-run-id"] == "job"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "exactly one of run-ids and experiment is needed"),
        ({"run_ids": "job", "experiment": "wine"}, "exactly one of"),
        ({"run_ids": "job", "build": "1"}, "build is given, and run-ids"),
        ({"runs": "[]"}, "runs is given, and source is azure-ml"),
        ({"run_ids": "job", "source": "databricks"}, "run-ids is given, and source is databricks"),
        ({"run_ids": "job", "model_name": "a/../b"}, "names no model"),
    ],
)
def test_what_does_not_go_together(
    inputs: dict[str, str], told: str, run: Run, recording_ci: RecordingCI
) -> None:
    assert run(**inputs) == 2
    assert told in recording_ci.annotations[0].text
