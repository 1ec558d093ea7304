"""Several tasks, and several attempts of one."""

from __future__ import annotations

from typing import Any

import pytest

from databricks_runs import ended, holding, on_driver
from databricks_service import Workspace, until
from fake_drivers import Stage
from modelyard.clock import FakeClock
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult


def test_tasks_run_in_their_order_and_side_by_side(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    workspace.notebook()
    cluster_id = workspace.cluster()

    def task(key: str, *needed: str) -> dict[str, Any]:
        return {
            "task_key": key,
            "notebook_task": {"notebook_path": "/Shared/train"},
            "existing_cluster_id": cluster_id,
            "depends_on": [{"task_key": name} for name in needed],
        }

    tasks = [task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c")]
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=tasks)["run_id"]

    def running() -> list[str]:
        return sorted(run.request.context["task_key"] for run in stage.running)

    for expected in (["a"], ["b", "c"], ["d"]):
        until(lambda: running() == expected, f"{expected} on the driver")  # noqa: B023
        states = {
            t["task_key"]: t["state"]["life_cycle_state"]
            for t in workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"]
        }
        if expected == ["a"]:
            assert states["d"] == "BLOCKED"
        for run in stage.running:
            run.finish(NotebookResult("success"))
    found = workspace.run_ends(run_id)
    assert ended(found) == ("TERMINATED", "SUCCESS", "SUCCESS")
    assert [t["task_key"] for t in found["tasks"]] == ["a", "b", "c", "d"]
    assert len(stage.drivers) == 1


def test_what_depends_on_a_failed_task_is_skipped(workspace: Workspace, stage: Stage) -> None:
    def play(request: NotebookRequest) -> NotebookResult:
        good = request.context["task_key"] != "a"
        return NotebookResult("success") if good else NotebookResult("failed", error="E: x")

    stage.play = play
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    tasks = [
        {"task_key": "a", **shared},
        {"task_key": "b", **shared, "depends_on": [{"task_key": "a"}]},
        {"task_key": "tidy", **shared, "depends_on": [{"task_key": "b"}], "run_if": "ALL_DONE"},
    ]
    run = workspace.run_ends(workspace.post("2.1/jobs/runs/submit", tasks=tasks)["run_id"])
    results = {t["task_key"]: t["state"]["result_state"] for t in run["tasks"]}
    assert results == {"a": "FAILED", "b": "UPSTREAM_FAILED", "tidy": "SUCCESS"}
    assert run["state"]["result_state"] == "SUCCESS_WITH_FAILURES"


def test_the_run_of_a_job_with_a_failed_task_is_an_internal_error_as_in_the_service(
    workspace: Workspace, stage: Stage
) -> None:
    stage.play = lambda _: NotebookResult("failed", error="E: x")
    task = {
        "task_key": "train",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    run = workspace.run_ends(workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"])
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR")
    assert ended(run["tasks"][0]) == ("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR")
    assert run["state"]["state_message"].startswith("Task train failed with message: Workload")


def test_conditions_choose_a_branch(workspace: Workspace, stage: Stage) -> None:
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    condition = {"op": "GREATER_THAN", "left": "{{job.parameters.auc}}", "right": "0.8"}
    tasks = [
        {"task_key": "good", "condition_task": condition},
        {"task_key": "yes", **shared, "depends_on": [{"task_key": "good", "outcome": "true"}]},
        {"task_key": "no", **shared, "depends_on": [{"task_key": "good", "outcome": "false"}]},
    ]
    job_id = workspace.post(
        "2.1/jobs/create", name="c", tasks=tasks, parameters=[{"name": "auc", "default": "0.9"}]
    )["job_id"]
    run = workspace.run_ends(workspace.post("2.1/jobs/run-now", job_id=job_id)["run_id"])
    results = {t["task_key"]: t["state"]["result_state"] for t in run["tasks"]}
    assert results == {"good": "SUCCESS", "yes": "SUCCESS", "no": "EXCLUDED"}
    assert run["tasks"][0]["condition_task"]["outcome"] == "true"
    other = workspace.post("2.1/jobs/run-now", job_id=job_id, job_parameters={"auc": "0.1"})
    results = {
        t["task_key"]: t["state"]["result_state"]
        for t in workspace.run_ends(other["run_id"])["tasks"]
    }
    assert (results["yes"], results["no"]) == ("EXCLUDED", "SUCCESS")
    bad = workspace.post("2.1/jobs/run-now", job_id=job_id, job_parameters={"auc": "many"})
    run = workspace.run_ends(bad["run_id"])
    assert run["status"]["termination_details"]["code"] == "INVALID_RUN_CONFIGURATION"
    assert run["tasks"][1]["state"]["result_state"] == "UPSTREAM_FAILED"


def test_a_task_is_tried_again(workspace: Workspace, stage: Stage, clock: FakeClock) -> None:
    results = [NotebookResult("failed", error="E: x"), NotebookResult("success")]
    stage.play = lambda _: results.pop(0)
    task = {
        "task_key": "t",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
        "max_retries": 2,
        "min_retry_interval_millis": 60_000,
    }
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"]

    def waits() -> Any:
        found = workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"]
        return found[-1]["state"]["life_cycle_state"] == "WAITING_FOR_RETRY"

    until(waits, "the wait for another attempt")
    clock.advance(60)
    run = workspace.run_ends(run_id)
    assert [t["attempt_number"] for t in run["tasks"]] == [0, 1]
    assert [t["state"]["result_state"] for t in run["tasks"]] == ["FAILED", "SUCCESS"]
    assert run["tasks"][1]["original_attempt_run_id"] == run["tasks"][0]["run_id"]
    assert run["state"]["result_state"] == "SUCCESS"


def test_cancelling_ends_the_wait_for_another_attempt(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: NotebookResult("failed", error="E: x")
    task = {
        "task_key": "t",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
        "max_retries": -1,
        "min_retry_interval_millis": 60_000,
    }
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"]
    until(lambda: len(workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"]) == 2, "a retry")
    workspace.post("jobs/runs/cancel", run_id=run_id)
    run = workspace.run_ends(run_id)
    assert run["state"]["result_state"] == "CANCELED"
    assert [t["state"]["result_state"] for t in run["tasks"]] == ["FAILED", "CANCELED"]


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("timeout", ("TERMINATED", "TIMEDOUT", "CANCELED")),
        ("cancel", ("TERMINATED", "CANCELED", "USER_CANCELED")),
    ],
)
def test_the_end_of_a_job_run_is_that_of_all_its_tasks(
    workspace: Workspace, stage: Stage, clock: FakeClock, why: str, expected: tuple[str, str, str]
) -> None:
    holding(stage)
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    tasks = [
        {"task_key": "a", **shared},
        {"task_key": "b", **shared, "depends_on": [{"task_key": "a"}]},
    ]
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=tasks, timeout_seconds=60)["run_id"]
    on_driver(stage)
    if why == "cancel":
        workspace.post("jobs/runs/cancel", run_id=run_id)
    else:
        clock.advance(60)
    run = workspace.run_ends(run_id)
    assert [ended(found) for found in (run, *run["tasks"])] == [expected] * 3
