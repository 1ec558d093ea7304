"""Runs over stops, crashes and resets of the cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from databricks_runs import ended, holding, on_driver, submit
from databricks_service import ApiFailure, Workspace
from fake_drivers import Stage
from modelyard.clock import FakeClock
from modelyard.local.notebook.runs import NotebookResult


def test_after_a_crash_of_the_cloud_runs_have_ended_truthfully(
    workspace: Workspace, stage: Stage, tmp_path: Path, clock: FakeClock
) -> None:
    holding(stage)
    run_id = submit(workspace)
    on_driver(stage)
    later = Workspace(tmp_path / "state", clock, Stage())  # as after kill -9: nothing was tidied up
    run = later.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLOUD_FAILURE")
    assert ended(run["tasks"][0]) == ("INTERNAL_ERROR", "FAILED", "CLOUD_FAILURE")
    token = stage.running[0].request.environment["DATABRICKS_TOKEN"]
    assert later.raw("GET", "/api/2.0/clusters/list", token=token).status_code == 403
    later.stop()


def test_stopping_the_cloud_ends_its_runs(tmp_path: Path, clock: FakeClock) -> None:
    stage = Stage()
    holding(stage)
    workspace = Workspace(tmp_path / "state", clock, stage)
    run_id = submit(workspace)
    on_driver(stage)
    workspace.stop()
    later = Workspace(tmp_path / "state", clock, Stage())
    run = later.run_ends(run_id)
    assert "The local cloud was stopped" in run["state"]["state_message"]
    assert ended(run["tasks"][0]) == ("INTERNAL_ERROR", "FAILED", "CLOUD_FAILURE")
    later.stop()


def test_a_queued_run_waits_over_a_restart_of_the_cloud(tmp_path: Path, clock: FakeClock) -> None:
    stage = Stage()
    holding(stage)
    workspace = Workspace(tmp_path / "state", clock, stage)
    task = {
        "task_key": "t",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    job_id = workspace.post("2.1/jobs/create", tasks=[task], queue={"enabled": True})["job_id"]
    runs = [workspace.post("2.1/jobs/run-now", job_id=job_id)["run_id"] for _ in range(2)]
    on_driver(stage)
    workspace.stop()
    assert len(stage.drivers[0].runs) == 1
    later = Workspace(tmp_path / "state", clock, Stage())
    assert later.run_ends(runs[0])["state"]["result_state"] == "FAILED"
    assert later.run_ends(runs[1])["state"]["result_state"] == "SUCCESS"
    later.stop()


def test_a_reset_leaves_a_new_workspace(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    run_id = submit(workspace)
    on_driver(stage)
    workspace.post("dbfs/mkdirs", path="/x")
    workspace.service.reset()
    assert stage.drivers[0].stopped
    assert workspace.get("clusters/list") == {}
    assert workspace.get("2.0/jobs/runs/list") == {"has_more": False}
    assert workspace.get("dbfs/list", path="/") == {}
    with pytest.raises(ApiFailure, match=f"Run {run_id} does not exist"):
        workspace.get("2.1/jobs/runs/get", run_id=run_id)
    stage.play = lambda _: NotebookResult("success")
    assert workspace.run_ends(submit(workspace))["run_id"] > run_id
