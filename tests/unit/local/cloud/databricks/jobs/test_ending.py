"""Runs that end before their work is done: cancelled or out of time."""

from __future__ import annotations

from databricks_runs import NEW, ended, holding, on_driver, submit
from databricks_service import Workspace, until
from fake_drivers import Stage
from modelyard.clock import FakeClock


def test_cancelling(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    run_id = submit(workspace)
    run_on_driver = on_driver(stage)[0]
    assert workspace.post("jobs/runs/cancel", run_id=run_id) == {}
    run = workspace.run_ends(run_id)
    assert run_on_driver.cancelled
    assert ended(run) == ("TERMINATED", "CANCELED", "USER_CANCELED")
    assert run["state"]["user_cancelled_or_timedout"] is True
    assert run["state"]["state_message"] == "Run cancelled."
    assert workspace.post("jobs/runs/cancel", run_id=run_id) == {}


def test_cancelling_while_the_cluster_starts(workspace: Workspace, stage: Stage) -> None:
    stage.may_start.clear()
    run_id = submit(workspace, new_cluster=NEW)
    until(lambda: stage.drivers, "the launch")
    workspace.post("jobs/runs/cancel", run_id=run_id)
    run = workspace.run_ends(run_id)
    assert run["state"]["result_state"] == "CANCELED"
    stage.may_start.set()
    until(lambda: stage.drivers[0].stopped, "the end of its driver")


def test_a_time_out_is_by_the_cloud_s_clock(
    workspace: Workspace, stage: Stage, clock: FakeClock
) -> None:
    holding(stage)
    run_id = submit(workspace, timeout_seconds=600)
    run_on_driver = on_driver(stage)[0]
    clock.advance(599)
    workspace.model.changes.announce()
    assert workspace.run_reaches(run_id, "RUNNING")
    clock.advance(1)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("TERMINATED", "TIMEDOUT", "CANCELED")
    assert run_on_driver.cancelled
    assert run["state"]["user_cancelled_or_timedout"] is True


def test_a_time_out_counts_while_the_cluster_starts(
    workspace: Workspace, stage: Stage, clock: FakeClock
) -> None:
    stage.may_start.clear()
    run_id = submit(workspace, new_cluster=NEW, timeout_seconds=60)
    until(lambda: stage.drivers, "the launch")
    clock.advance(60)
    assert workspace.run_ends(run_id)["state"]["result_state"] == "TIMEDOUT"
    stage.may_start.set()


def test_a_task_s_own_time_out(workspace: Workspace, stage: Stage, clock: FakeClock) -> None:
    holding(stage)
    task = {
        "task_key": "t",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
        "timeout_seconds": 60,
    }
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"]
    on_driver(stage)
    clock.advance(60)
    run = workspace.run_ends(run_id)
    assert run["tasks"][0]["state"]["result_state"] == "TIMEDOUT"
    assert run["state"]["result_state"] == "FAILED"
    assert "timed out after 60 seconds" in run["state"]["state_message"]
