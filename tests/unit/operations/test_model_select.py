from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.model_select import OPERATION
from unit.conftest import IDENTITY, RecordingCI
from unit.job_workspace import HOST, JobWorkspace

Run = Callable[..., int]
INTERNAL = "/WorkspaceInternal/Mlflow/Artifacts/7"


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def run(workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock) -> Run:
    def call(**inputs: str) -> int:
        recording_ci.inputs = {
            "workspace-url": HOST,
            "token": "made-up-token",
            "metric": "rmse",
            "better": "lower",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


def trained(workspace: JobWorkspace, name: str, rmse: float | None, **more: Any) -> str:
    """An MLflow run with a model, as MLflow 3 logs it."""
    workspace.add_mlflow(name, {} if rmse is None else {"rmse": rmse}, **more)
    uri = f"dbfs:/databricks/mlflow-tracking/7/logged_models/m-{name}/artifacts"
    info = {"model_id": f"m-{name}", "name": "model", "source_run_id": name, "artifact_uri": uri}
    workspace.models.append({"info": info})
    workspace.files[f"{INTERNAL}/LoggedModels/m-{name}/artifacts/MLmodel"] = b"flavors: {}\n"
    return name


def entry(run_id: int, mlflow_run_id: str | None, **more: Any) -> dict[str, Any]:
    """As job-run writes it."""
    return {
        "run_id": run_id,
        "parameters": {"alpha": str(run_id / 10)},
        "result_state": "SUCCESS",
        "succeeded": True,
        "mlflow_run_id": mlflow_run_id,
        "metrics": {},
        **more,
    }


def test_the_best_of_the_runs_of_another_step(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    entries = [entry(n, trained(workspace, f"r{n}", v)) for n, v in enumerate((0.79, 0.71, 0.74))]
    trained(workspace, "of-yesterday", 0.01)
    assert run(runs=json.dumps(entries), threshold="0.8") == 0
    outputs = recording_ci.outputs
    assert outputs["best-run-id"] == "r1"
    assert outputs["best-metric"] == "0.71"
    assert outputs["model-uri"] == "runs:/r1/model"
    assert outputs["model-id"] == "m-r1"
    assert json.loads(outputs["best-parameters"]) == {"alpha": "0.1"}
    verdicts = [(one["run_id"], one["verdict"]) for one in json.loads(outputs["verdicts"])]
    assert verdicts == [("r0", "not the lowest"), ("r1", "best"), ("r2", "not the lowest")]
    (summary,) = recording_ci.summaries
    assert "lowest rmse, below 0.8" in summary
    assert "`runs:/r1/model`" in summary
    assert "model-path" not in outputs


def test_the_artifact_of_another_step(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    file = tmp_path / "runs.json"
    file.write_text(json.dumps([entry(1, trained(workspace, "r1", 0.7))]))
    assert run(runs=str(file)) == 0
    assert recording_ci.outputs["best-run-id"] == "r1"


def test_the_best_of_this_build_and_no_other(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    trained(workspace, "mine", 0.7, **{"modelyard.build": IDENTITY.build})
    trained(workspace, "mine-too", 0.8, **{"modelyard.build": IDENTITY.build})
    trained(workspace, "of-yesterday", 0.01, **{"modelyard.build": "another"})
    trained(workspace, "of-nobody", 0.01)
    assert run(experiment="/Shared/wine") == 0
    assert recording_ci.outputs["best-run-id"] == "mine"
    assert run(experiment="/Shared/wine", build="another") == 0
    assert recording_ci.outputs["best-run-id"] == "of-yesterday"


def test_metrics_are_read_where_they_were_logged(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    entries = [
        entry(1, trained(workspace, "r1", 0.9), metrics={"rmse": 0.1}),
        entry(2, trained(workspace, "r2", 0.8)),
    ]
    assert run(runs=json.dumps(entries)) == 0
    assert recording_ci.outputs["best-run-id"] == "r2"


def test_no_model_says_of_each_run_why(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    trained(workspace, "deleted", 0.1)
    workspace.mlflow["deleted"]["info"]["lifecycle_stage"] = "deleted"
    workspace.add_mlflow("nan", {"rmse": "NaN"})
    entries = [
        entry(1, trained(workspace, "r1", 0.9)),
        entry(2, trained(workspace, "failed", 0.1, status="FAILED")),
        entry(3, "deleted"),
        entry(4, "nan"),
        entry(5, None, succeeded=False, result_state="CANCELED"),
        entry(6, None, metrics={"rmse": 0.1}),
        entry(7, "gone"),
        entry(8, trained(workspace, "none", None)),
    ]
    assert run(runs=json.dumps(entries), threshold="0.8") == 40
    error = recording_ci.outputs["error"]
    for words in (
        "run 1 (alpha 0.1): rmse 0.9, is not below the threshold 0.8",
        "run 2 (alpha 0.2): rmse 0.1, is FAILED",
        "run 3 (alpha 0.3): rmse 0.1, is deleted",
        "run 4 (alpha 0.4): rmse nan, is not a finite number",
        "run 5 (alpha 0.5): rmse missing, is CANCELED",
        "run 6 (alpha 0.6): rmse 0.1, names no MLflow run",
        "run 7 (alpha 0.7): rmse missing, its MLflow run gone doesn't exist",
        "run 8 (alpha 0.8): rmse missing, has no metric rmse",
    ):
        assert words in error
    assert "run 1 (alpha 0.1): rmse 0.9" in recording_ci.summaries[0]
    assert "best-run-id" not in recording_ci.outputs


def test_a_missing_metric_names_those_that_exist(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    entries = [entry(1, workspace.add_mlflow("r1", {"mse": 0.5, "r2": 0.2}))]
    assert run(runs=json.dumps(entries)) == 40
    assert "those that exist: mse, r2" in recording_ci.errors()[0]


def test_no_run_of_this_build(run: Run, workspace: JobWorkspace, recording_ci: RecordingCI) -> None:
    trained(workspace, "of-yesterday", 0.01, **{"modelyard.build": "another"})
    assert run(experiment="/Shared/wine") == 40
    assert "there is no run to choose from" in recording_ci.errors()[0]


def test_the_best_run_has_to_have_the_model(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    entries = json.dumps([entry(1, trained(workspace, "r1", 0.7))])
    workspace.answer_once("mlflow/artifacts/list", 404, message="none")
    assert run(runs=entries, model_name="other") == 40
    assert "MLflow run r1 logged no model named 'other'" in recording_ci.errors()[0]
    assert recording_ci.outputs["best-run-id"] == "r1"


def test_the_model_is_downloaded(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    entries = json.dumps([entry(1, trained(workspace, "r1", 0.7))])
    target = tmp_path / "model"
    assert run(runs=entries, download_to=str(target), dry_run="true") == 0
    assert not target.exists()
    assert f"would download runs:/r1/model to {target}" in recording_ci.lines
    assert run(runs=entries, download_to=str(target)) == 0
    assert (target / "MLmodel").read_bytes() == b"flavors: {}\n"
    assert recording_ci.outputs["model-path"] == str(target)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "exactly one of runs and experiment"),
        ({"runs": "[]", "experiment": "7"}, "exactly one of runs and experiment"),
        ({"runs": "[]", "build": "x"}, "build is given, and runs"),
        ({"runs": "[]", "model_name": "../x"}, "names no model"),
        ({"runs": "[]", "better": "best"}, "not one of lower, higher"),
        ({"runs": "{a: 1}"}, "isn't a list of runs"),
        ({"runs": '[{"metrics": {"rmse": "low"}}]'}, "value 'low'"),
    ],
)
def test_inputs_that_can_not_be_meant(
    inputs: dict[str, str], words: str, run: Run, recording_ci: RecordingCI
) -> None:
    assert run(**inputs) == 2
    assert words in recording_ci.errors()[0]


def test_an_experiment_that_is_not_there(run: Run, recording_ci: RecordingCI) -> None:
    assert run(experiment="/Shared/none") == 14
    assert "there is no experiment /Shared/none" in recording_ci.errors()[0]
