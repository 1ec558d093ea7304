from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests_mock as mocking

from modelyard import urgency
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.jobs import runs
from modelyard.databricks.jobs.run_states import Meaning
from modelyard.errors import NotFound, NotTheService, ServiceUnavailable, UnknownState, Unreachable
from modelyard.http import Session
from unit.job_workspace import HOST, SUCCESS, JobWorkspace, Outcome, active, over


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def test_a_run_is_started_once_though_the_answer_is_lost(
    workspace: JobWorkspace, session: Session
) -> None:
    job_id = workspace.add_job()
    workspace.lose("jobs/run-now")
    run_id = runs.run_now(session, job_id, token="t1", notebook_params={"alpha": "0.1"})
    assert list(workspace.runs) == [run_id]
    first, second = workspace.asked("jobs/run-now")
    assert first == second
    assert first["queue"] == {"enabled": True}
    assert first["notebook_params"] == {"alpha": "0.1"}


def test_job_parameters_go_in_their_own_field(workspace: JobWorkspace, session: Session) -> None:
    job_id = workspace.add_job(parameters=[{"name": "alpha", "default": "1"}])
    runs.run_now(session, job_id, token="t1", job_parameters={"alpha": "0.1"})
    (body,) = workspace.asked("jobs/run-now")
    assert body["job_parameters"] == {"alpha": "0.1"}
    assert "notebook_params" not in body


def test_an_answer_without_an_id_is_no_success(workspace: JobWorkspace, session: Session) -> None:
    job_id = workspace.add_job()
    workspace.answer_once("jobs/run-now", 200)
    with pytest.raises(NotTheService, match="run_id"):
        runs.run_now(session, job_id, token="t1")


def test_a_page_in_place_of_an_answer_is_no_success(
    workspace: JobWorkspace, session: Session
) -> None:
    job_id = workspace.add_job()
    workspace.answer_once("jobs/run-now", 200, text="<html>Sign in</html>")
    with pytest.raises(NotTheService, match="text/html"):
        runs.run_now(session, job_id, token="t1")


def test_a_run_is_read_with_its_tasks(
    workspace: JobWorkspace, session: Session, clock: FakeClock
) -> None:
    job_id = workspace.add_job()
    run_id = runs.run_now(session, job_id, token="t1")
    assert not runs.get(session, run_id).state.ended
    clock.advance(30)
    runs.get(session, run_id)
    run = runs.get(session, run_id)
    assert run.state.meaning is Meaning.SUCCESS
    assert (run.name, run.url, run.duration) == ("wine", f"{HOST}/#job/11/run/841", 30.0)
    (task,) = run.tasks
    assert (task.key, task.notebook) == ("train", "/Shared/wine/train")
    assert task.run_id not in (0, run_id)


def test_a_failed_task_beyond_the_first_page_counts(
    workspace: JobWorkspace, session: Session
) -> None:
    tasks = [{"task_key": f"t{n}", "notebook_task": {"notebook_path": "/n"}} for n in range(130)]
    job_id = workspace.add_job(tasks=tasks)
    states = [dict(over("FAILED" if n == 120 else "SUCCESS")) for n in range(130)]
    workspace.outcome = lambda parameters: Outcome({**SUCCESS, "tasks": states})
    run = runs.get(session, runs.run_now(session, job_id, token="t1"))
    assert len(run.tasks) == 130
    assert run.state.meaning is Meaning.PARTIAL


def test_a_task_that_was_made_good_by_its_retry_is_fine(
    workspace: JobWorkspace, session: Session
) -> None:
    job_id = workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(SUCCESS)
    run_id = runs.run_now(session, job_id, token="t1")
    runs.get(session, run_id)
    (task,) = workspace.runs[run_id]["tasks"]
    workspace.runs[run_id]["tasks"] = [
        {**task, "run_id": 2, "attempt_number": 1},
        {**task, "run_id": 1, "attempt_number": 0, **over("FAILED")},
    ]
    run = runs.get(session, run_id)
    assert run.state.meaning is Meaning.SUCCESS
    assert [one.run_id for one in run.tasks] == [2]


def test_an_unknown_state_of_a_task_is_an_error(workspace: JobWorkspace, session: Session) -> None:
    job_id = workspace.add_job()
    workspace.outcome = lambda parameters: Outcome({**SUCCESS, "tasks": [over("VANISHED")]})
    run_id = runs.run_now(session, job_id, token="t1")
    with pytest.raises(UnknownState, match=r"task train.*'VANISHED'"):
        runs.get(session, run_id)


def test_active_runs_of_a_job_on_every_page(workspace: JobWorkspace, session: Session) -> None:
    mine, other = workspace.add_job("mine"), workspace.add_job("other")
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    started = [runs.run_now(session, mine, token=f"t{n}") for n in range(30)]
    runs.run_now(session, other, token="other")
    assert runs.active(session, mine) == tuple(started)


def test_a_run_that_never_was(workspace: JobWorkspace, session: Session) -> None:
    with pytest.raises(NotFound):
        runs.get(session, 5)


def test_cancelling_is_repeated_after_a_lost_answer(
    workspace: JobWorkspace, session: Session
) -> None:
    run_id = runs.run_now(session, workspace.add_job(), token="t1")
    workspace.lose("jobs/runs/cancel", "before")
    runs.cancel(session, run_id)
    assert workspace.asked("jobs/runs/cancel") == [{"run_id": run_id}]


def test_a_hurried_session_doesn_t_pause(
    workspace: JobWorkspace, session: Session, clock: FakeClock
) -> None:
    run_id = runs.run_now(session, workspace.add_job(), token="t1")
    workspace.answer_once("jobs/runs/cancel", 503)
    with pytest.raises(ServiceUnavailable):
        runs.cancel(urgency.hurried(session), run_id)
    assert clock.slept == []
    workspace.answer_once("jobs/runs/cancel", 503)
    runs.cancel(session, run_id)  # the session itself stays as patient as it was
    assert len(clock.slept) == 1


def test_the_shield_is_down_while_a_submit_pauses(
    workspace: JobWorkspace, session: Session
) -> None:
    up: list[bool] = []

    @contextmanager
    def shield() -> Iterator[None]:
        up.append(True)
        try:
            yield
        finally:
            up.pop()

    seen: list[tuple[str, int]] = []
    sleep = session.clock.sleep

    def sleeping(seconds: float) -> None:
        seen.append(("pause", len(up)))
        sleep(seconds)

    session.clock.sleep = sleeping  # type: ignore[method-assign]
    workspace.before = lambda path, arguments: seen.append(("call", len(up)))
    workspace.answer_once("jobs/run-now", 429, headers={"Retry-After": "60"})
    workspace.lose("jobs/run-now", "before")
    job_id = workspace.add_job()
    with urgency.shielded(session, shield) as careful:
        runs.run_now(careful, job_id, token="t1")
        assert up == [True]
    assert up == []
    calls_and_pauses = [("call", 1), ("pause", 0)] * 2 + [("call", 1)]
    assert seen == calls_and_pauses


def test_a_submit_that_never_gets_through(workspace: JobWorkspace, session: Session) -> None:
    for _ in range(9):
        workspace.lose("jobs/runs/submit", "before")
    with pytest.raises(Unreachable):
        runs.submit(session, {"run_name": "x", "tasks": []}, token="t1")
    assert workspace.runs == {}
