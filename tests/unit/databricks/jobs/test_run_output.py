from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.jobs import run_output, runs
from modelyard.http import Session
from unit.job_workspace import HOST, SUCCESS, JobWorkspace, Outcome, over


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def finished(workspace: JobWorkspace, session: Session, outcome: Outcome, **job: Any) -> runs.Run:
    workspace.outcome = lambda parameters: outcome
    return runs.get(
        session, runs.run_now(session, workspace.add_job(**job), token=f"t{len(workspace.runs)}")
    )


def test_the_exit_value_comes_from_the_run_of_the_task(
    workspace: JobWorkspace, session: Session
) -> None:
    run = finished(workspace, session, Outcome(SUCCESS, exit_value={"rmse": 0.7}))
    task = run_output.exit_task(run)
    assert task is not None
    assert run_output.get(session, task.run_id).exit_value == '{"rmse": 0.7}'
    assert workspace.log[-1] == f"GET jobs/runs/get-output {task.run_id}"


def test_a_notebook_that_does_not_exit_has_no_value(
    workspace: JobWorkspace, session: Session
) -> None:
    run = finished(workspace, session, Outcome(SUCCESS, notebook_output={}))
    assert run_output.get(session, run.tasks[0].run_id).exit_value is None
    run = finished(workspace, session, Outcome(SUCCESS, exit_value=""))
    assert run_output.get(session, run.tasks[0].run_id).exit_value == ""


def test_error_and_traceback_without_colours(workspace: JobWorkspace, session: Session) -> None:
    outcome = Outcome(
        over("FAILED"), error="\x1b[31mValueError\x1b[0m: x", error_trace="\x1b[1ma\nb\n"
    )
    run = finished(workspace, session, outcome)
    output = run_output.get(session, run.tasks[0].run_id)
    assert (output.error, output.trace) == ("ValueError: x", "a\nb")


def test_the_task_that_failed_first_hand(workspace: JobWorkspace, session: Session) -> None:
    keys = ("upstream", "culprit", "fine")
    tasks = [{"task_key": key, "notebook_task": {"notebook_path": f"/{key}"}} for key in keys]
    states = [over("UPSTREAM_FAILED", "SKIPPED"), over("FAILED"), SUCCESS]
    run = finished(workspace, session, Outcome({**over("FAILED"), "tasks": states}), tasks=tasks)
    task = run_output.failed_task(run)
    assert task is not None
    assert task.key == "culprit"


def test_the_exit_value_is_that_of_the_last_notebook(
    workspace: JobWorkspace, session: Session
) -> None:
    tasks: list[dict[str, Any]] = [
        {"task_key": "a", "notebook_task": {"notebook_path": "/a"}},
        {"task_key": "b", "notebook_task": {"notebook_path": "/b"}},
        {"task_key": "c", "spark_python_task": {"python_file": "/c.py"}},
    ]
    run = finished(workspace, session, Outcome(SUCCESS), tasks=tasks)
    task = run_output.exit_task(run)
    assert task is not None
    assert task.key == "b"


@pytest.mark.parametrize(
    ("value", "run_id", "metrics"),
    [
        (
            '{"mlflow_run_id": "ab", "metrics": {"rmse": 0.7, "n": 3}}',
            "ab",
            {"rmse": 0.7, "n": 3.0},
        ),
        ('{"rmse": 0.7, "note": "fine", "ok": true}', "", {"rmse": 0.7}),
        ('{"mlflow_run_id": 5, "metrics": {}}', "", {}),
        ("[1, 2]", "", {}),
        ("plain text", "", {}),
        ("", "", {}),
        (None, "", {}),
    ],
)
def test_what_an_exit_value_reports(
    value: str | None, run_id: str, metrics: dict[str, float]
) -> None:
    said = run_output.reported(value)
    assert (said.mlflow_run_id, dict(said.metrics)) == (run_id, metrics)


def test_numbers_that_json_has_not() -> None:
    metrics = {"a": 1.5, "b": math.nan, "c": math.inf, "d": -math.inf}
    assert run_output.plain_metrics(metrics) == {
        "a": 1.5, "b": "NaN", "c": "Infinity", "d": "-Infinity",
    }  # fmt: skip
    assert math.isnan(run_output.reported('{"metrics": {"x": NaN}}').metrics["x"])
