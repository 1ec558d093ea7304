from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.mlflow import mlflow_runs
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from unit.job_workspace import HOST, JobWorkspace


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock, read_only=True)


def test_a_run_and_its_metrics(workspace: JobWorkspace, session: Session) -> None:
    workspace.add_mlflow(
        "ab", {"rmse": 0.7, "bad": "NaN", "far": "Infinity"}, status="FAILED", k="v"
    )
    run = mlflow_runs.get(session, "ab")
    assert (run.id, run.experiment_id, run.status, run.deleted) == ("ab", "7", "FAILED", False)
    assert run.metrics["rmse"] == 0.7
    assert math.isnan(run.metrics["bad"])
    assert run.metrics["far"] == math.inf
    assert (run.params, run.tags) == ({"alpha": "0.1"}, {"k": "v"})


def test_a_run_that_never_was(workspace: JobWorkspace, session: Session) -> None:
    with pytest.raises(NotFound):
        mlflow_runs.get(session, "none")


def test_an_experiment_by_name_or_id(workspace: JobWorkspace, session: Session) -> None:
    assert mlflow_runs.experiment_id(session, "/Shared/wine") == "7"
    assert mlflow_runs.experiment_id(session, "123") == "123"
    with pytest.raises(NotFound, match="there is no experiment /Shared/none"):
        mlflow_runs.experiment_id(session, "/Shared/none")


def test_the_runs_of_a_build_on_every_page_and_no_others(
    workspace: JobWorkspace, session: Session
) -> None:
    for number in range(5):
        workspace.add_mlflow(f"mine-{number}", **{"modelyard.build": "house/42.1"})
    workspace.add_mlflow("other", **{"modelyard.build": "house/42.2"})
    found = mlflow_runs.of_build(session, "7", "house/42.1")
    assert [run.id for run in found] == [f"mine-{number}" for number in range(5)]


def test_only_live_runs_are_asked_for(workspace: JobWorkspace, session: Session) -> None:
    list(mlflow_runs.search(session, "7"))
    (body,) = workspace.asked("mlflow/runs/search")
    assert body["run_view_type"] == "ACTIVE_ONLY"


@pytest.mark.parametrize("tag", ["mlflow.databricks.jobRunID", "mlflow.databricks.jobRunId"])
def test_what_a_databricks_run_logged(workspace: JobWorkspace, session: Session, tag: str) -> None:
    workspace.add_mlflow("mine", **{tag: "5841"})
    workspace.add_mlflow("other", **{tag: "5842"})
    found = mlflow_runs.of_databricks_run(session, "7", [841, 5841])
    assert [run.id for run in found] == ["mine"]


def test_quotes_in_a_build_do_not_end_the_search(workspace: JobWorkspace, session: Session) -> None:
    workspace.add_mlflow("mine", **{"modelyard.build": "it's"})
    assert [run.id for run in mlflow_runs.of_build(session, "7", "it's")] == ["mine"]
    with pytest.raises(InputError, match="both kinds of quotes"):
        mlflow_runs.of_build(session, "7", "' or \"")
