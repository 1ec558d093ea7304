from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.jobs import runs
from modelyard.execution import execute
from modelyard.operations.run_cancel import OPERATION
from unit.conftest import RecordingCI
from unit.job_workspace import CANCELED, HOST, SUCCESS, JobWorkspace, Outcome, active

Run = Callable[..., int]
Start = Callable[..., int]


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def run(workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock) -> Run:
    def call(**inputs: str) -> int:
        workspace.log.clear()
        recording_ci.inputs = {
            "workspace-url": HOST,
            "token": "made-up-token",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


@pytest.fixture
def start(workspace: JobWorkspace, clock: FakeClock) -> Start:
    """``start(job_id, active("RUNNING"))``: the id of a run that is in this state."""
    session = connection.connect(HOST, StaticToken("made-up"), clock=clock)

    def call(job_id: int, *states: object) -> int:
        workspace.outcome = lambda parameters: Outcome(*(states or (active("RUNNING"),)))  # type: ignore[arg-type]
        run_id = runs.run_now(session, job_id, token=f"t{len(workspace.runs)}")
        for _ in states or (1,):
            runs.get(session, run_id)
        return run_id

    return call


def test_runs_by_id(
    run: Run, start: Start, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    job = workspace.add_job()
    first, second, over = start(job), start(job), start(job, SUCCESS)
    workspace.calls.clear()
    assert run(run_ids=f"{first}\n{over}\n{first}") == 0
    assert workspace.asked("jobs/runs/cancel") == [{"run_id": first}]
    assert [workspace.state_of(one) for one in (first, second)] == ["CANCELED", "RUNNING"]
    outputs = {name: json.loads(text) for name, text in recording_ci.outputs.items()}
    assert outputs["cancelled"] == [first]
    assert outputs["left-alone"] == [over]
    assert outputs["states"] == {str(first): "CANCELED", str(over): "SUCCESS"}
    assert f"run {over}: SUCCESS already, left alone" in recording_ci.lines
    assert "1 cancelled, 1 left alone" in recording_ci.lines


def test_all_runs_of_a_job(run: Run, start: Start, workspace: JobWorkspace) -> None:
    mine, other = workspace.add_job("mine"), workspace.add_job("other")
    stopped = [start(mine), start(mine)]
    kept = start(other)
    assert run(job="mine") == 0
    assert [workspace.state_of(one) for one in stopped] == ["CANCELED"] * 2
    assert workspace.state_of(kept) == "RUNNING"


def test_the_output_of_another_step(
    run: Run, start: Start, workspace: JobWorkspace, tmp_path: Path
) -> None:
    job = workspace.add_job()
    first, second = start(job), start(job)
    entries = [{"run_id": first}, {"run_id": None, "life_cycle_state": "NOT STARTED"}]
    assert run(runs=json.dumps(entries)) == 0
    assert workspace.state_of(first) == "CANCELED"
    file = tmp_path / "runs.json"
    file.write_text(json.dumps([{"run_id": second}]))
    assert run(runs=str(file)) == 0
    assert workspace.state_of(second) == "CANCELED"


def test_the_json_list_of_an_output(run: Run, start: Start, workspace: JobWorkspace) -> None:
    first = start(workspace.add_job())
    assert run(run_ids=f"[{first}]") == 0
    assert workspace.state_of(first) == "CANCELED"


def test_nothing_to_cancel_is_fine(run: Run, recording_ci: RecordingCI) -> None:
    assert run(runs="[]") == 0
    assert "nothing" not in recording_ci.outputs
    assert "0 cancelled, 0 left alone" in recording_ci.lines


def test_it_waits_for_the_end(
    run: Run, start: Start, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.after_cancel = [active("TERMINATING")] * 4 + [CANCELED]
    first = start(workspace.add_job())
    assert run(run_ids=str(first)) == 0
    assert any("TERMINATING" in line and "after" in line for line in recording_ci.lines)


def test_a_run_that_does_not_end(
    run: Run, start: Start, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.after_cancel = [active("TERMINATING")]
    first = start(workspace.add_job())
    assert run(run_ids=str(first), timeout_minutes="1") == 36
    assert f"run {first} TERMINATING" in recording_ci.errors()[0]
    assert json.loads(recording_ci.outputs["cancelled"]) == [first]


def test_a_run_that_won_the_race_is_told_as_it_ended(
    run: Run, start: Start, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.after_cancel = [SUCCESS]
    first = start(workspace.add_job())
    assert run(run_ids=str(first)) == 0
    assert json.loads(recording_ci.outputs["states"]) == {str(first): "SUCCESS"}


def test_a_dry_run(
    run: Run, start: Start, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    first = start(workspace.add_job())
    assert run(run_ids=str(first), dry_run="true") == 0
    assert workspace.asked("jobs/runs/cancel") == []
    assert f"would cancel run {first}" in recording_ci.lines


@pytest.mark.parametrize(
    ("inputs", "code", "words"),
    [
        ({}, 2, "no run is named"),
        ({"run_ids": "abc"}, 2, "'abc', which isn't the id of a run"),
        ({"runs": "{a: 1}"}, 2, "isn't a list of runs"),
        ({"run_ids": "5\n6"}, 14, "these runs don't exist"),
        ({"job": "none"}, 14, "there is no job named 'none'"),
    ],
)
def test_what_can_not_be_cancelled(
    inputs: dict[str, str], code: int, words: str, run: Run, recording_ci: RecordingCI
) -> None:
    assert run(**inputs) == code
    assert words in recording_ci.errors()[0]
