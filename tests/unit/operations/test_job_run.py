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
from modelyard.errors import FileError
from modelyard.execution import execute, release
from modelyard.operations.job_run import OPERATION
from modelyard.output_limit import LONGEST, size
from unit.conftest import IDENTITY, RecordingCI
from unit.job_workspace import (
    CANCELED,
    HOST,
    SUCCESS,
    JobWorkspace,
    Outcome,
    active,
    over,
)

SWEEP = "[{alpha: 0.5, l1_ratio: 0.5}, {alpha: 0.3, l1_ratio: 0.3}, {alpha: 0.1, l1_ratio: 0.1}]"
RMSE = {"0.5": 0.79316, "0.3": 0.74432, "0.1": 0.71288}
BEST = {"metric": "rmse", "better": "lower", "threshold": "0.8"}
Run = Callable[..., int]


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
    """``run(sweep=...)``: the exit code of job-run for the job wine."""

    def call(**inputs: str) -> int:
        recording_ci.inputs = {
            "workspace-url": HOST,
            "token": "made-up-token",
            "sign-in": "token",
            "job": "wine",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


def trained(parameters: dict[str, str]) -> Outcome:
    """A notebook that returns its metric."""
    return Outcome(exit_value={"metrics": {"rmse": RMSE[parameters.get("alpha", "0.5")]}})


def failing(alpha: str, **more: Any) -> Callable[[dict[str, str]], Outcome]:
    """The run with this alpha raises, the others go on for ever unless they are cancelled."""

    def outcome(parameters: dict[str, str]) -> Outcome:
        if parameters["alpha"] != alpha:
            return Outcome(active("PENDING"), active("RUNNING"))
        fields = {"error": "ValueError: could not convert string to float: 'n/a'", **more}
        failed = over("FAILED", message="Workload failed")
        return Outcome(active("PENDING"), active("RUNNING"), active("RUNNING"), failed, **fields)

    return outcome


def test_one_run(run: Run, workspace: JobWorkspace, recording_ci: RecordingCI) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(exit_value="done")
    assert run() == 0
    outputs = recording_ci.outputs
    assert outputs["run-id"] == "841"
    assert outputs["run-url"] == f"{HOST}/#job/11/run/841"
    assert outputs["run-ids"] == "[841]"
    assert outputs["job-id"] == "11"
    assert outputs["result-state"] == "SUCCESS"
    assert outputs["exit-value"] == "done"
    assert "error" not in outputs
    assert recording_ci.state["runs"] == ""
    (body,) = workspace.asked("jobs/run-now")
    assert "notebook_params" not in body


def test_a_sweep_and_its_best_run(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = trained
    assert run(sweep=SWEEP, **BEST) == 0
    outputs = recording_ci.outputs
    assert [body["notebook_params"]["alpha"] for body in workspace.asked("jobs/run-now")] == [
        "0.5", "0.3", "0.1",
    ]  # fmt: skip
    assert outputs["best-run-id"] == outputs["run-id"] == "843"
    assert outputs["best-metric"] == "0.71288"
    assert json.loads(outputs["best-parameters"]) == {"alpha": "0.1", "l1_ratio": "0.1"}
    runs = json.loads(outputs["runs"])
    assert [one["metrics"]["rmse"] for one in runs] == list(RMSE.values())
    assert [one["result_state"] for one in runs] == ["SUCCESS"] * 3
    assert "3 runs of wine succeeded, best rmse 0.71288 (alpha 0.1, l1_ratio 0.1)" in (
        recording_ci.lines
    )


def test_the_artifact_and_the_summary(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    workspace.add_job()
    workspace.outcome = trained
    file = tmp_path / "deep" / "runs.json"
    assert run(sweep=SWEEP, runs_file=str(file), **BEST) == 0
    assert recording_ci.uploads == {"runs-wine": file}
    kept = json.loads(file.read_text())
    assert kept == json.loads(recording_ci.outputs["runs"])
    assert [one["run_id"] for one in kept] == [841, 842, 843]
    (summary,) = recording_ci.summaries
    assert "| run | parameters | result | took | rmse |" in summary
    assert "★" in summary
    assert "best" in summary
    assert "threshold" in summary
    assert "Best run (lowest rmse, below 0.8)" in summary


def test_the_first_alone_then_the_others(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job()
    workspace.outcome = trained
    assert run(sweep=SWEEP, first_alone="true") == 0
    submits = [i for i, line in enumerate(workspace.log) if line == "POST jobs/run-now"]
    between = workspace.log[submits[0] : submits[1]]
    assert between.count("GET jobs/runs/get 841") >= 3
    assert submits[2] - submits[1] == 2  # the submit and one look, before any wait


def test_no_more_at_once_than_asked_for(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job()
    most = 0

    def count(path: str, arguments: dict[str, Any]) -> None:
        nonlocal most
        going = sum("result_state" not in run["state"] for run in workspace.runs.values())
        most = max(most, going)

    workspace.before = count
    grid = "{alpha: [0.5, 0.3, 0.1], l1_ratio: [0.5, 0.3, 0.1]}"
    assert run(sweep=grid, max_parallel="2") == 0
    assert len(workspace.runs) == 9
    assert most == 2


def test_every_change_of_state_is_shown_with_the_time(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    queued = {
        "state": {"life_cycle_state": "QUEUED"},
        "status": {"state": "QUEUED", "queue_details": {"code": "MAX_CONCURRENT_RUNS_REACHED"}},
    }
    workspace.outcome = lambda parameters: Outcome(
        queued, queued, queued, active("RUNNING"), active("RUNNING"), SUCCESS
    )
    assert run(parameters="alpha=0.1") == 0
    lines = [line for line in recording_ci.lines if line.startswith("run 841 (alpha 0.1) ")]
    assert [line.split(") ")[1].split(" after")[0] for line in lines] == [
        "QUEUED", "RUNNING", "SUCCESS",
    ]  # fmt: skip
    assert lines[0].endswith("(MAX_CONCURRENT_RUNS_REACHED)")
    assert all(" s" in line for line in lines)


def test_a_failure_tells_everything(
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    source = (
        "# Databricks notebook source\nimport x\n\n# COMMAND ----------\n\na = 1\nb = float(c)\n"
    )
    Path("notebooks").mkdir()
    Path("notebooks/train.py").write_text(source)
    workspace.add_job()
    trace = (
        "\x1b[31mFile <command-9>, line 2\n----> 2 b = float(c)\nValueError\n##vso[task.complete]"
    )
    workspace.outcome = failing("0.3", error_trace=trace)
    assert run(sweep=SWEEP, source_folder="notebooks", workspace_folder="/Shared/wine") == 31
    (annotation,) = [one for one in recording_ci.annotations if one.level == "error"]
    assert (annotation.file, annotation.line) == ("notebooks/train.py", 7)
    lines = annotation.text.splitlines()
    assert lines[0].startswith("Run 842 of wine: FAILED after ")
    assert lines[0].endswith("(RUN_EXECUTION_ERROR)")
    assert lines[1:7] == [
        "  notebook /Shared/wine/train, cell 2, line 2",
        "      b = float(c)",
        "  parameters  alpha 0.3, l1_ratio 0.3",
        "  ValueError: could not convert string to float: 'n/a'",
        f"  run page  {HOST}/#job/11/run/842",
        "  2 sibling runs were cancelled",
    ]
    assert "error MY031" in annotation.text
    assert recording_ci.outputs["error"] == "\n".join(lines[:7])
    assert lines[0] in recording_ci.summaries[0]
    assert "Traceback of run 842" in recording_ci.groups
    assert "\x1b" not in recording_ci.text
    outputs = recording_ci.outputs
    assert (outputs["run-id"], outputs["result-state"]) == ("842", "FAILED")
    assert outputs["run-url"].endswith("/run/842")
    states = {one["run_id"]: one["result_state"] for one in json.loads(outputs["runs"])}
    assert states == {841: "CANCELED", 842: "FAILED", 843: "CANCELED"}


def test_a_failed_run_stops_the_others_and_those_not_started(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = failing("0.3")
    assert run(sweep=SWEEP, max_parallel="2") == 31
    assert workspace.asked("jobs/runs/cancel") == [{"run_id": 841}]
    assert workspace.state_of(841) == "CANCELED"
    assert len(workspace.runs) == 2
    assert "1 sibling run was cancelled; 1 was never started" in recording_ci.outputs["error"]
    last = json.loads(recording_ci.outputs["runs"])[2]
    assert (last["run_id"], last["life_cycle_state"]) == (None, "NOT STARTED")
    assert recording_ci.state["runs"] == ""


def test_siblings_that_do_not_end_do_not_hide_the_failure(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    workspace.add_job()
    workspace.outcome = failing("0.3")
    workspace.after_cancel = [active("TERMINATING")]
    start = clock.monotonic()
    assert run(sweep=SWEEP) == 31
    assert clock.monotonic() - start < 200
    assert recording_ci.outputs["error"].startswith("Run 842 of wine: FAILED")
    assert len([one for one in recording_ci.warnings() if "still TERMINATING" in one]) == 2
    assert recording_ci.state["runs"] == "841,843"


def test_siblings_that_can_not_be_cancelled_do_not_hide_the_failure(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = failing("0.3")
    workspace.answer_once("jobs/runs/cancel", 403, message="not you")
    assert run(sweep=SWEEP) == 31
    assert recording_ci.outputs["error"].startswith("Run 842 of wine: FAILED")
    assert any("not you" in one for one in recording_ci.warnings())
    assert recording_ci.state["runs"] == "841"


def test_without_fail_fast_all_run_to_their_end(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: (
        trained(parameters) if parameters["alpha"] == "0.3" else Outcome(over("FAILED"))
    )
    assert run(sweep=SWEEP, fail_fast="false") == 31
    assert workspace.asked("jobs/runs/cancel") == []
    assert [workspace.state_of(one) for one in workspace.runs] == ["FAILED", "SUCCESS", "FAILED"]
    assert "also failed: run 843" in recording_ci.outputs["error"]


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (over("CANCELED"), 32, "somebody cancelled it"),
        (over("TIMEDOUT", "CANCELED"), 33, "longer than it may"),
        (over("MAXIMUM_CONCURRENT_RUNS_REACHED", "MAX_CONCURRENT_RUNS_EXCEEDED",
              life_cycle="SKIPPED"), 31, "max-concurrent-runs"),
        (over("FAILED", "CLUSTER_ERROR", "gone", life_cycle="INTERNAL_ERROR"), 31, "gone"),
        (over("FAILED", "DRIVER_ERROR", life_cycle="INTERNAL_ERROR"), 31, "memory"),
        (over("EXCLUDED", "SKIPPED"), 31, "EXCLUDED"),
        (over("UPSTREAM_CANCELED", "SKIPPED"), 32, "UPSTREAM_CANCELED"),
        (over("SUCCESS_WITH_FAILURES"), 31, "SUCCESS_WITH_FAILURES"),
        (over("TRIUMPH", "SUCCESS"), 34, "'TRIUMPH'"),
        (active("DREAMING"), 34, "'DREAMING'"),
    ],
)  # fmt: skip
def test_only_success_is_success(
    state: dict[str, Any],
    code: int,
    words: str,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"), state)
    assert run() == code
    (error,) = recording_ci.errors()
    assert words in error
    assert recording_ci.outputs["run-id"] == "841"
    assert recording_ci.outputs["result-state"]
    assert recording_ci.outputs["error"]
    assert json.loads(recording_ci.outputs["runs"])[0]["succeeded"] is False


def test_partial_success_is_success_where_it_may_be(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(over("SUCCESS_WITH_FAILURES"))
    assert run(allow_partial_success="true") == 0


def test_a_failed_child_counts(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    tasks = [{"task_key": key, "notebook_task": {"notebook_path": f"/{key}"}} for key in "ab"]
    workspace.add_job(tasks=tasks)
    workspace.outcome = lambda parameters: Outcome({**SUCCESS, "tasks": [over("FAILED"), SUCCESS]})
    assert run() == 31
    assert "notebook /a" in recording_ci.outputs["error"]


def test_a_lost_answer_starts_no_second_run(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.lose("jobs/run-now")
    workspace.answer_once("jobs/run-now", 429, headers={"Retry-After": "3"})
    workspace.answer_once("jobs/runs/get", 503)
    workspace.lose("jobs/runs/get", "before")
    assert run() == 0
    assert list(workspace.runs) == [841]


def test_a_dead_agent_finds_its_run_again_and_judges_it(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    workspace.add_job()
    workspace.outcome = failing("0.5")
    assert run(parameters="alpha=0.5") == 31
    clock.advance(300)
    assert run(parameters="alpha=0.5") == 31
    assert list(workspace.runs) == [841]
    found = f"run 841 (alpha 0.5): found this run of the same attempt, {HOST}/#job/11/run/841"
    assert found in recording_ci.lines
    recording_ci.run_identity = type(recording_ci.run_identity)(
        **{**vars(recording_ci.run_identity), "attempt": "2"}
    )
    assert run(parameters="alpha=0.5") == 31
    assert list(workspace.runs) == [841, 842]


def test_two_runs_of_one_step_are_two_runs(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job()
    assert run(sweep=SWEEP) == 0
    tokens = [body["idempotency_token"] for body in workspace.asked("jobs/run-now")]
    assert len(set(tokens)) == 3
    assert all(len(token) == 64 for token in tokens)


def interrupt(workspace: JobWorkspace, number: int, path: str, after: int) -> None:
    """Send this process a signal at the n-th call to a path."""
    calls = 0

    def before(called: str, arguments: dict[str, Any]) -> None:
        nonlocal calls
        calls += called == path
        if called == path and calls == after:
            signal.raise_signal(signal.Signals(number))

    workspace.before = before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_every_run(
    number: int,
    code: int,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
    clock: FakeClock,
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    interrupt(workspace, number, "jobs/runs/get", 12)
    start = clock.monotonic()
    assert run(sweep=SWEEP) == code
    assert [workspace.state_of(one) for one in workspace.runs] == ["CANCELED"] * 3
    asked = [line for line in workspace.log if "cancel" in line]
    assert len(asked) == 3
    first = workspace.log.index(asked[0])
    assert workspace.log[first : first + 3] == asked  # nothing is waited for before all are asked
    assert recording_ci.outputs["result-state"] == "CANCELED"
    assert recording_ci.outputs["error"] == f"cancelled by {signal.Signals(number).name}"
    for run_id in workspace.runs:
        assert f"  run {run_id}: CANCELED  {HOST}/#job/11/run/{run_id}" in recording_ci.lines
    assert recording_ci.state["runs"] == ""
    assert clock.monotonic() - start < 60


def test_a_run_that_goes_on_is_left_to_the_release_step(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    workspace.after_cancel = [active("TERMINATING")]
    interrupt(workspace, signal.SIGTERM, "jobs/runs/get", 3)
    moments: list[float] = []
    ring = workspace.before

    def before(path: str, arguments: dict[str, Any]) -> None:
        if path == "jobs/runs/cancel":
            moments.append(clock.monotonic())
        ring(path, arguments)

    workspace.before = before
    assert run() == 143
    assert clock.monotonic() - moments[0] < 7
    assert recording_ci.state["runs"] == "841"
    assert any("841: cancel requested, TERMINATING" in line for line in recording_ci.lines)

    workspace.coming[841] = [active("TERMINATING"), CANCELED]
    workspace.after_cancel = [active("TERMINATING"), CANCELED]
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert "found 1 active runs of this step, stopped them: run 841" in recording_ci.lines
    assert recording_ci.state["runs"] == ""
    asked = len(workspace.asked("jobs/runs/cancel"))
    recording_ci.state["runs"] = "841"  # as if the state had been kept: a second time is harmless
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert len(workspace.asked("jobs/runs/cancel")) == asked


def test_the_release_step_cancels_a_run_in_a_state_that_nobody_knows(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("DREAMING"))
    workspace.after_cancel = []
    assert run() == 34
    assert recording_ci.state["runs"] == "841"
    workspace.calls.clear()
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert workspace.asked("jobs/runs/cancel") == [{"run_id": 841}]
    assert any("'DREAMING'" in one for one in recording_ci.warnings())


def test_a_signal_during_the_submit_loses_no_run(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    interrupt(workspace, signal.SIGINT, "jobs/run-now", 1)
    assert run(sweep=SWEEP) == 130
    assert list(workspace.runs) == [841]
    assert workspace.state_of(841) == "CANCELED"
    assert recording_ci.outputs["run-id"] == "841"


def test_a_signal_after_a_lost_answer_finds_the_run_and_cancels_it(
    run: Run, workspace: JobWorkspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    workspace.lose("jobs/run-now")
    sleep, rung = clock.sleep, False

    def ring(seconds: float) -> None:
        nonlocal rung
        if not rung:
            rung = True
            signal.raise_signal(signal.SIGINT)
        sleep(seconds)

    monkeypatch.setattr(clock, "sleep", ring)
    assert run() == 130
    assert list(workspace.runs) == [841]
    assert workspace.state_of(841) == "CANCELED"


def test_when_time_is_up_the_runs_are_cancelled(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    assert run(sweep=SWEEP, timeout_minutes="5") == 36
    assert [workspace.state_of(one) for one in workspace.runs] == ["CANCELED"] * 3
    assert "after 5 m 00 s 3 of 3 runs aren't over" in recording_ci.outputs["error"]
    assert recording_ci.outputs["result-state"] == "CANCELED"


def test_an_error_of_the_service_leaves_no_run_behind(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    looks = 0

    def before(path: str, arguments: dict[str, Any]) -> None:
        nonlocal looks
        looks += path == "jobs/runs/get"
        if looks == 5:
            looks += 1
            workspace.answer_once("jobs/runs/get", 400, error_code="ODD", message="odd")

    workspace.before = before
    assert run(sweep=SWEEP) == 17
    assert [workspace.state_of(one) for one in workspace.runs] == ["CANCELED"] * 3


def test_a_cancel_that_fails_is_told_and_the_others_are_cancelled(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    interrupt(workspace, signal.SIGINT, "jobs/runs/get", 12)
    ring = workspace.before

    def before(path: str, arguments: dict[str, Any]) -> None:
        ring(path, arguments)
        if path == "jobs/runs/cancel" and arguments["run_id"] == 841:
            workspace.answer_once(path, 403, message="not you")

    workspace.before = before
    assert run(sweep=SWEEP) == 130
    assert [workspace.state_of(one) for one in workspace.runs] == [
        "RUNNING",
        "CANCELED",
        "CANCELED",
    ]
    (warning,) = recording_ci.warnings()
    assert "run 841" in warning
    assert "couldn't be cancelled" in warning
    assert "not you" in warning
    assert recording_ci.state["runs"] == "841"


def test_a_cancel_that_fails_once_is_sent_again_after_the_others(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(active("RUNNING"))
    interrupt(workspace, signal.SIGINT, "jobs/runs/get", 12)
    workspace.answer_once("jobs/runs/cancel", 503)
    assert run(sweep=SWEEP) == 130
    asked = [line.rsplit(" ")[-1] for line in workspace.log if "cancel" in line]
    assert asked == ["841", "842", "843", "841"]
    assert [workspace.state_of(one) for one in workspace.runs] == ["CANCELED"] * 3
    assert recording_ci.warnings() == []


def test_outputs_are_set_right_after_the_submit(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    seen: list[dict[str, str]] = []

    def before(path: str, arguments: dict[str, Any]) -> None:
        if path == "jobs/runs/get":
            seen.append(dict(recording_ci.outputs))

    workspace.before = before
    assert run() == 0
    assert seen[0]["run-id"] == "841"
    assert seen[1]["run-url"] == f"{HOST}/#job/11/run/841"


def test_an_unknown_parameter_is_refused_before_anything_starts(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    assert run(sweep="{alpha: [0.1, 0.2], l1_ration: 0.5}", parameters="beta=1") == 2
    assert workspace.runs == {}
    (error,) = recording_ci.errors()
    assert "job wine declares no parameter beta, l1_ration (did you mean l1_ratio?)" in error


@pytest.mark.parametrize(("notebook", "told"), [("", 1), ("/Shared/wine/train", 0)])
def test_what_a_job_does_not_declare_is_said_where_no_notebook_is_asked_for(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, notebook: str, told: int
) -> None:
    workspace.add_job()
    del workspace.jobs[11]["tasks"][0]["notebook_task"]["base_parameters"]
    workspace.outcome = trained
    assert run(notebook=notebook, cluster_id="0101-1" if notebook else "", parameters="beta=1") == 0
    assert recording_ci.text.count("declares no parameters, so the names beta aren't") == told


def test_what_is_common_to_all_runs(run: Run, workspace: JobWorkspace) -> None:
    parameters = [{"name": name, "default": ""} for name in ("alpha", "data", "build")]
    workspace.add_job(parameters=parameters)
    given = "data=/Volumes/x.csv\nalpha=9"
    assert run(sweep="[{alpha: 1}, {alpha: 2}]", parameters=given, build_parameter="build") == 0
    assert [body["job_parameters"] for body in workspace.asked("jobs/run-now")] == [
        {"build": IDENTITY.build, "data": "/Volumes/x.csv", "alpha": "1"},
        {"build": IDENTITY.build, "data": "/Volumes/x.csv", "alpha": "2"},
    ]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"metric": "rmse"}, "better doesn't say"),
        ({"threshold": "1"}, "no metric"),
        ({"sweep": "[]"}, "empty"),
        ({"max_parallel": "0"}, "max-parallel is 0"),
        ({"timeout_minutes": "0"}, "timeout-minutes is 0"),
        ({"cluster_id": "1"}, "but no notebook"),
        ({"base_parameters": "a=1"}, "base-parameters is given, but no notebook"),
        ({"notebook": "wine/train"}, "isn't an absolute path"),
        ({"notebook": "/n", "cluster_id": "1", "new_cluster": "{}"}, "and new-cluster"),
        ({"notebook": "/n", "instance_pool_id": "p"}, "without new-cluster"),
        (
            {"notebook": "/n", "new_cluster": "{num_workers: 1}"},
            "lacks spark_version, node_type_id",
        ),
        ({"notebook": "/n", "new_cluster": "{autotermination_minutes: 20}"}, "can't have"),
        ({"workspace_folder": "/Shared"}, "without source-folder"),
    ],
)
def test_inputs_that_can_not_be_meant(
    inputs: dict[str, str],
    words: str,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
) -> None:
    workspace.add_job()
    assert run(**inputs) == 2
    assert words in recording_ci.errors()[0]
    assert workspace.log == []


def test_a_job_that_is_not_there(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job("Wine")
    assert run() == 14
    assert "there is no job named 'wine'" in recording_ci.errors()[0]


def test_a_job_is_created_for_a_notebook(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.outcome = trained
    assert (
        run(
            notebook="/Shared/wine/train",
            cluster_id="0101-1",
            base_parameters="alpha=0.5\nl1_ratio=0.5",
            libraries="[skops==0.11]",
            run_timeout_minutes="90",
            sweep=SWEEP,
        )
        == 0
    )
    (settings,) = workspace.asked("jobs/create")
    assert settings["name"] == "wine"
    assert settings["max_concurrent_runs"] == 3
    assert settings["timeout_seconds"] == 5400
    assert settings["queue"] == {"enabled": True}
    (task,) = settings["tasks"]
    assert task["existing_cluster_id"] == "0101-1"
    assert task["libraries"] == [{"pypi": {"package": "skops==0.11"}}]
    assert "job wine (11): created" in recording_ci.lines
    workspace.calls.clear()
    recording_ci.lines.clear()
    assert run(notebook="/Shared/wine/train", cluster_id="0101-1") == 0
    assert "job wine (11): left alone" in recording_ci.lines
    assert workspace.asked("jobs/update") == []
    assert run(notebook="/Shared/wine/train", cluster_id="0101-2", max_concurrent_runs="5") == 0
    assert "job wine (11): updated max_concurrent_runs, existing_cluster_id" in recording_ci.lines
    assert workspace.jobs[11]["max_concurrent_runs"] == 5
    (task,) = workspace.jobs[11]["tasks"]
    assert task["existing_cluster_id"] == "0101-2"
    assert task["libraries"] == [{"pypi": {"package": "skops==0.11"}}]


def test_a_cluster_of_its_own_from_a_pool(run: Run, workspace: JobWorkspace) -> None:
    spec = "{spark_version: 16.4.x-scala2.12, num_workers: 2, spark_conf: {a: true}}"
    assert run(notebook="/n", new_cluster=spec, instance_pool_id="pool-1") == 0
    (settings,) = workspace.asked("jobs/create")
    assert settings["tasks"][0]["new_cluster"] == {
        "spark_version": "16.4.x-scala2.12",
        "num_workers": 2,
        "spark_conf": {"a": "true"},
        "instance_pool_id": "pool-1",
    }


@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_changes_nothing(
    there: bool, run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    if there:
        workspace.add_job(queue={"enabled": True})
    given = {"notebook": "/n", "base_parameters": "alpha=1\nl1_ratio=1", "sweep": SWEEP}
    assert run(dry_run="true", **given) == 0
    assert workspace.calls == []
    verb = "would update notebook_task" if there else "would create it"
    assert any(verb in line for line in recording_ci.lines)
    assert sum("would start a run of wine" in line for line in recording_ci.lines) == 3
    assert run(dry_run="true", sweep="{beta: [1, 2]}", notebook="/n") == (2 if there else 0)


def test_metrics_are_those_that_mlflow_has(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.add_mlflow("ab", {"rmse": 0.7})
    value = {"mlflow_run_id": "ab", "metrics": {"rmse": 0.1, "rows": 9}}
    workspace.outcome = lambda parameters: Outcome(exit_value=value)
    assert run(**BEST) == 0
    assert recording_ci.outputs["best-metric"] == "0.7"
    assert recording_ci.outputs["best-mlflow-run-id"] == "ab"
    assert json.loads(recording_ci.outputs["runs"])[0]["metrics"] == {"rmse": 0.7, "rows": 9.0}


def test_metrics_are_found_by_the_tags_of_databricks(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.add_mlflow("mine", {"rmse": 0.7}, **{"mlflow.databricks.jobRunID": "5841"})
    child = {"mlflow.databricks.jobRunID": "5841", "mlflow.parentRunId": "mine"}
    workspace.add_mlflow("child", {"rmse": 0.1}, **child)
    assert run(experiment="/Shared/wine", **BEST) == 0
    assert recording_ci.outputs["best-mlflow-run-id"] == "mine"


def test_an_mlflow_run_that_is_gone_is_a_warning(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    value = {"mlflow_run_id": "gone", "metrics": {"rmse": 0.5}}
    workspace.outcome = lambda parameters: Outcome(exit_value=value)
    assert run(**BEST) == 0
    assert any("gone" in text for text in recording_ci.warnings())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"metrics": {"rmse": 0.9}}, "is not below the threshold 0.8"),
        ({"metrics": {"mae": 0.1}}, "those that exist: mae"),
        ("no metrics", "none at all"),
    ],
)
def test_no_good_model(
    value: Any, words: str, run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(exit_value=value)
    assert run(**BEST) == 40
    assert words in recording_ci.errors()[0]
    assert recording_ci.outputs["result-state"] == "SUCCESS"
    assert "best-run-id" not in recording_ci.outputs


def test_a_long_exit_value_is_cut_in_the_output_but_not_in_the_artifact(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(exit_value="x" * 200_000)
    file = tmp_path / "runs.json"
    assert run(runs_file=str(file)) == 0
    assert recording_ci.outputs["exit-value"] == "x" * (LONGEST - 3) + "…"
    runs = recording_ci.outputs["runs"]
    assert size(runs) <= LONGEST
    assert json.loads(runs)[0]["exit_value"].endswith("xxx…")
    assert json.loads(file.read_text())[0]["exit_value"] == "x" * 200_000
    assert any("exit-value has 200000 bytes" in text for text in recording_ci.warnings())
    assert any("cut in the output runs" in text for text in recording_ci.warnings())


def test_runs_that_are_too_long_without_their_exit_values_are_the_path_of_a_file(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.outcome = lambda parameters: Outcome(exit_value="all of it")
    sets = [{"alpha": f"{number}{4_000 * 'ü'}"} for number in range(5)]
    assert run(sweep=json.dumps(sets)) == 0
    records = json.loads(Path(recording_ci.outputs["runs"]).read_text("utf-8"))
    assert [one["exit_value"] for one in records] == ["all of it"] * 5
    assert [one["parameters"] for one in records] == sets
    assert any("the path of a file" in text for text in recording_ci.warnings())


def test_a_refused_submit_starts_nothing(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI
) -> None:
    workspace.add_job()
    workspace.answer_once("jobs/run-now", 403, error_code="PERMISSION_DENIED", message="not you")
    assert run() == 11
    assert workspace.runs == {}
    assert workspace.log.count("POST jobs/run-now") == 1
    assert recording_ci.outputs["result-state"] == "NOT STARTED"
    assert recording_ci.text.count("not you") == 1
    assert recording_ci.summaries == []
    assert recording_ci.uploads == {}


@pytest.mark.parametrize("dry_run", ["false", "true"])
@pytest.mark.parametrize("given", [{}, {"notebook": "/Shared/wine/train"}], ids=["as-is", "asked"])
@pytest.mark.parametrize("there", [True, False])
def test_a_missing_notebook_is_one_error_before_anything_is_made(
    there: bool,
    given: dict[str, str],
    dry_run: str,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
) -> None:
    if there:
        workspace.add_job()
    elif not given:
        return
    workspace.absent = {"/Shared/wine/train"}
    workspace.notebooks = {"/Shared/wine/trains": ""}
    assert run(dry_run=dry_run, **given) == 14
    assert workspace.calls == []
    (error,) = recording_ci.errors()
    assert f"no notebook /Shared/wine/train in {HOST} (did you mean trains?)" in error
    assert "MY014" in error
    assert recording_ci.summaries == []


def test_a_job_that_runs_as_somebody_else_may_see_more(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job(run_as_user_name="owner@example.com")
    workspace.absent = {"/Shared/wine/train"}
    assert run() == 0


def test_the_notebook_that_replaces_a_missing_one_counts(run: Run, workspace: JobWorkspace) -> None:
    workspace.add_job()
    workspace.absent = {"/Shared/wine/train"}
    assert run(notebook="/Shared/wine/other") == 0


@pytest.mark.parametrize("outcome", [Outcome(), Outcome(over("FAILED"))], ids=["fine", "failed"])
def test_an_artifact_that_can_not_be_kept_changes_no_result(
    outcome: Outcome,
    run: Run,
    workspace: JobWorkspace,
    recording_ci: RecordingCI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str, path: Path) -> None:
        raise FileError("the variable RUNNER_TEMP isn't set")

    monkeypatch.setattr(recording_ci, "upload", refuse)
    workspace.add_job()
    workspace.outcome = lambda parameters: outcome
    failed = outcome.states == [over("FAILED")]
    assert run() == (31 if failed else 0)
    (warning,) = recording_ci.warnings()
    assert "RUNNER_TEMP" in warning
    assert recording_ci.outputs["result-state"] == ("FAILED" if failed else "SUCCESS")
    assert recording_ci.outputs.get("error", "").startswith("Run 841 of wine" if failed else "")


def test_a_runs_file_that_can_not_be_written(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    workspace.add_job()
    (tmp_path / "taken").mkdir()
    assert run(runs_file=str(tmp_path / "taken")) == 3
    assert "can't be written" in recording_ci.outputs["error"]
    workspace.outcome = lambda parameters: Outcome(over("FAILED"))
    assert run(runs_file=str(tmp_path / "taken"), parameters="alpha=1") == 31
    assert "can't be written" in recording_ci.warnings()[0]


def test_no_temporary_file_stays(
    run: Run, workspace: JobWorkspace, recording_ci: RecordingCI, tmp_path: Path
) -> None:
    workspace.add_job()
    assert run() == 0
    assert recording_ci.uploads["runs-wine"].name == "runs.json"
    assert list(tmp_path.iterdir()) == []
