from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute, release
from modelyard.operations.notebook_run import OPERATION
from unit.conftest import RecordingCI
from unit.job_workspace import HOST, JobWorkspace, Outcome, active, over

Run = Callable[..., int]
GIT = {
    "git_url": "https://github.com/house/project",
    "git_commit": "0123456789abcdef",
    "notebook": "notebooks/prepare",
}


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files that stay would stay here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


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
            "sign-in": "token",
            "notebook": "/Shared/wine/prepare",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


def test_a_run_on_a_cluster(run: Run, workspace: JobWorkspace, recording_ci: RecordingCI) -> None:
    value = {"mlflow_run_id": "ab", "metrics": {"rows": 9}}
    workspace.add_mlflow("ab", {"rmse": 0.5})
    workspace.outcome = lambda parameters: Outcome(exit_value=value)
    assert (
        run(
            cluster_id="0101-1",
            parameters="rows=1000\nratio=0.50",
            libraries="[skops]",
            run_timeout_minutes="10",
            run_name="prepare wine",
        )
        == 0
    )
    (body,) = workspace.asked("jobs/runs/submit")
    assert len(body.pop("idempotency_token")) == 64
    assert body == {
        "run_name": "prepare wine",
        "queue": {"enabled": True},
        "timeout_seconds": 600,
        "tasks": [
            {
                "task_key": "main",
                "notebook_task": {
                    "notebook_path": "/Shared/wine/prepare",
                    "source": "WORKSPACE",
                    "base_parameters": {"rows": "1000", "ratio": "0.50"},
                },
                "existing_cluster_id": "0101-1",
                "libraries": [{"pypi": {"package": "skops"}}],
            }
        ],
    }
    outputs = recording_ci.outputs
    assert outputs["run-id"] == "841"
    assert outputs["run-url"] == f"{HOST}/#job/99/run/841"
    assert outputs["result-state"] == "SUCCESS"
    assert json.loads(outputs["exit-value"]) == value
    assert outputs["mlflow-run-id"] == "ab"
    assert json.loads(outputs["metrics"]) == {"rmse": 0.5, "rows": 9.0}
    assert json.loads(outputs["runs"])[0]["run_id"] == 841
    assert "runs-Shared-wine-prepare" in recording_ci.uploads
    assert recording_ci.state["runs"] == ""


def test_serverless_compute_where_none_is_named(run: Run, workspace: JobWorkspace) -> None:
    assert run() == 0
    (task,) = workspace.asked("jobs/runs/submit")[0]["tasks"]
    assert set(task) == {"task_key", "notebook_task"}
    assert workspace.asked("jobs/runs/submit")[0]["run_name"] == "prepare"


def test_a_cluster_of_its_own(run: Run, workspace: JobWorkspace, tmp_path: Path) -> None:
    file = tmp_path / "cluster.yml"
    file.write_text("spark_version: 16.4.x-scala2.12\nnode_type_id: S\nnum_workers: 1\n")
    assert run(new_cluster=str(file)) == 0
    (task,) = workspace.asked("jobs/runs/submit")[0]["tasks"]
    assert task["new_cluster"]["num_workers"] == 1


def test_from_a_repository(run: Run, workspace: JobWorkspace) -> None:
    assert run(**GIT) == 0
    (body,) = workspace.asked("jobs/runs/submit")
    assert body["git_source"] == {
        "git_url": "https://github.com/house/project",
        "git_provider": "gitHub",
        "git_commit": "0123456789abcdef",
    }
    assert body["tasks"][0]["notebook_task"]["source"] == "GIT"


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://dev.azure.com/o/p/_git/r", "azureDevOpsServices"),
        ("https://house.visualstudio.com/p/_git/r", "azureDevOpsServices"),
        ("https://gitlab.com/h/p", "gitLab"),
    ],
)
def test_the_address_tells_the_provider(
    url: str, provider: str, run: Run, workspace: JobWorkspace
) -> None:
    assert run(**{**GIT, "git_url": url}) == 0
    assert workspace.asked("jobs/runs/submit")[0]["git_source"]["git_provider"] == provider


def test_a_failure_of_a_notebook_of_this_repository(
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notebooks").mkdir()
    Path("notebooks/prepare.py").write_text("# Databricks notebook source\n\nx = 1 / 0\n")
    workspace.outcome = lambda parameters: Outcome(
        over("FAILED"),
        error="ZeroDivisionError",
        error_trace="File <command-1>:1\n----> 1 x = 1 / 0\n",
    )
    assert run(**GIT) == 31
    (annotation,) = recording_ci.annotations
    assert (annotation.file, annotation.line) == ("notebooks/prepare.py", 3)
    assert "notebook notebooks/prepare, cell 1, line 1" in annotation.text
    assert recording_ci.outputs["result-state"] == "FAILED"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"notebook": "prepare"}, "isn't an absolute path"),
        ({"notebook": "/Shared/$(folder)/x"}, "variable without a value"),
        ({"libraries": "[skops]"}, "serverless compute, which takes none"),
        ({"git_commit": "1"}, "git-url is missing"),
        ({**GIT, "git_branch": "main"}, "exactly one of git-branch"),
        ({**GIT, "git_commit": ""}, "exactly one of git-branch"),
        ({**GIT, "git_url": "https://git.house.example/p"}, "give git-provider"),
        ({**GIT, "git_url": "https://me:pw@github.com/h/p"}, "user or password"),
        ({**GIT, "notebook": "/x"}, "a path in the repository"),
        ({**GIT, "notebook": "../x"}, "a path in the repository"),
        ({"parameters": "x"}, "neither lines of key=value"),
        ({"run_timeout_minutes": "-1"}, "has to be above 0"),
    ],
)
def test_inputs_that_can_not_be_meant(
    inputs: dict[str, str],
    words: str,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
) -> None:
    assert run(**inputs) == 2
    assert words in "\n".join(recording_ci.errors())
    assert workspace.log == []


def test_a_dry_run(run: Run, workspace: JobWorkspace, recording_ci: RecordingCI) -> None:
    assert run(dry_run="true", parameters="a=1") == 0
    assert workspace.calls == []
    assert "would run /Shared/wine/prepare: a 1" in recording_ci.lines


def test_run_once_and_cancelled_by_the_release_step(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    workspace.after_cancel = [active("TERMINATING")]
    workspace.lose("jobs/runs/submit")
    calls = 0

    def ring(path: str, arguments: dict[str, Any]) -> None:
        nonlocal calls
        calls += path == "jobs/runs/get"
        if calls == 4:
            calls += 1
            signal.raise_signal(signal.SIGTERM)

    workspace.before = ring
    assert run() == 143
    assert list(workspace.runs) == [841]
    assert recording_ci.state["runs"] == "841"
    workspace.after_cancel = [over("CANCELED")]
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert workspace.state_of(841) == "CANCELED"
    assert recording_ci.state["runs"] == ""


@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_a_missing_notebook_is_one_error_and_no_run(
    dry_run: str, run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.absent = {"/Shared/wine/prepare"}
    workspace.notebooks = {"/Shared/wine/prepared": ""}
    assert run(dry_run=dry_run) == 14
    assert workspace.calls == []
    (error,) = recording_ci.errors()
    assert f"no notebook /Shared/wine/prepare in {HOST} (did you mean prepared?)" in error
    assert recording_ci.summaries == []
    assert recording_ci.uploads == {}


def test_a_notebook_of_a_repository_is_not_looked_for_in_the_workspace(
    run: Run, workspace: JobWorkspace
) -> None:
    assert run(**GIT) == 0
    assert "GET workspace/get-status" not in workspace.log


def test_a_refused_submit_is_told_once(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.answer_once("jobs/runs/submit", 403, message="not you")
    assert run() == 11
    assert recording_ci.text.count("not you") == 1
    assert recording_ci.summaries == []
    assert recording_ci.uploads == {}
