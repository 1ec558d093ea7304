"""Runs as the three versions of the API show them."""

from __future__ import annotations

from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace
from fake_drivers import Stage
from modelyard.clock import FakeClock

VERSIONS = ("2.0", "2.1", "2.2")


def multi(workspace: Workspace, *keys: str) -> int:
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    tasks = [{"task_key": key, **shared} for key in keys]
    run_id = int(workspace.post("2.1/jobs/runs/submit", tasks=tasks)["run_id"])
    workspace.run_ends(run_id)
    return run_id


def single(workspace: Workspace) -> int:
    run_id = workspace.post(
        "2.0/jobs/runs/submit",
        run_name="one",
        existing_cluster_id=workspace.cluster(),
        notebook_task={"notebook_path": workspace.notebook()},
    )["run_id"]
    workspace.run_ends(run_id)
    return int(run_id)


def shown(workspace: Workspace, run_id: int) -> list[dict[str, Any]]:
    return [workspace.get(f"{v}/jobs/runs/get", run_id=run_id) for v in VERSIONS]


def test_a_run_of_one_task_in_each_version(workspace: Workspace) -> None:
    run_id = single(workspace)
    old, middle, new = shown(workspace, run_id)
    for run in (old, middle, new):
        assert (run["run_id"], run["format"], run["run_type"]) == (
            run_id,
            "SINGLE_TASK",
            "SUBMIT_RUN",
        )
        assert run["state"]["result_state"] == "SUCCESS"
        assert run["run_page_url"] == f"http://127.0.0.1:8123/jobs/{run['job_id']}/runs/{run_id}"
    assert "status" not in old
    assert "tasks" not in old
    assert old["task"]["notebook_task"]["notebook_path"] == "/Shared/train"
    assert old["cluster_spec"]["existing_cluster_id"] == old["cluster_instance"]["cluster_id"]
    assert middle["task"] == old["task"]
    assert middle["status"]["state"] == "TERMINATED"
    assert [t["task_key"] for t in new["tasks"]] == ["one"]


def test_a_run_of_tasks(workspace: Workspace) -> None:
    run_id = multi(workspace, "a", "b")
    old, middle, new = shown(workspace, run_id)
    assert {run["format"] for run in (old, middle, new)} == {"MULTI_TASK"}
    assert "tasks" not in old
    assert [t["task_key"] for t in middle["tasks"]] == ["a", "b"]
    task = new["tasks"][0]
    assert task["status"]["termination_details"]["code"] == "SUCCESS"
    assert task["run_id"] != run_id
    assert task["run_page_url"].endswith(f"/runs/{task['run_id']}")


def test_the_run_of_a_task_can_be_asked_for_itself(workspace: Workspace) -> None:
    run_id = multi(workspace, "a", "b")
    task = workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"][1]
    found = workspace.get("2.1/jobs/runs/get", run_id=task["run_id"])
    assert found["state"] == task["state"]
    assert found["tasks"][0]["task_key"] == "b"


def test_more_than_a_hundred_tasks_are_paged_in_2_2(workspace: Workspace) -> None:
    run_id = multi(workspace, *(f"t{n}" for n in range(120)))
    first = workspace.get("2.2/jobs/runs/get", run_id=run_id)
    rest = workspace.get("2.2/jobs/runs/get", run_id=run_id, page_token=first["next_page_token"])
    assert (len(first["tasks"]), len(rest["tasks"])) == (100, 20)
    assert "next_page_token" not in rest
    assert len(workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"]) == 120


def test_outputs_belong_to_tasks(workspace: Workspace) -> None:
    """2.1 and 2.2 refuse the run of a job with tasks even when there is one only."""
    run_id = multi(workspace, "a")
    for version in ("2.1", "2.2"):
        with pytest.raises(ApiFailure) as failure:
            workspace.get(f"{version}/jobs/runs/get-output", run_id=run_id)
        assert failure.value.code == "INVALID_PARAMETER_VALUE"
        assert failure.value.message == (
            "Retrieving the output of runs with multiple tasks is not supported. "
            "Please retrieve the output of each individual task run instead."
        )
    task = workspace.get("2.1/jobs/runs/get", run_id=run_id)["tasks"][0]
    output = workspace.get("2.2/jobs/runs/get-output", run_id=task["run_id"])
    assert output["notebook_output"] == {"result": "done", "truncated": False}
    assert output["metadata"]["run_id"] == task["run_id"]
    assert workspace.get("2.0/jobs/runs/get-output", run_id=run_id)["notebook_output"]["result"]
    both = multi(workspace, "a", "b")
    with pytest.raises(ApiFailure, match="multiple tasks"):
        workspace.get("2.0/jobs/runs/get-output", run_id=both)


def test_lists_of_runs(workspace: Workspace, stage: Stage, clock: FakeClock) -> None:
    assert workspace.get("2.1/jobs/runs/list") == {"has_more": False}
    first = single(workspace)
    clock.advance(100)
    second = multi(workspace, "a")
    listed = workspace.get("2.1/jobs/runs/list")
    assert [run["run_id"] for run in listed["runs"]] == [second, first]
    assert "tasks" not in listed["runs"][0]
    assert workspace.get("2.1/jobs/runs/list", expand_tasks="true")["runs"][0]["tasks"]
    page = workspace.get("2.1/jobs/runs/list", limit=1)
    assert page["has_more"] is True
    page = workspace.get("2.1/jobs/runs/list", limit=1, page_token=page["next_page_token"])
    assert [run["run_id"] for run in page["runs"]] == [first]
    late = workspace.get("2.1/jobs/runs/list", start_time_from=listed["runs"][0]["start_time"])
    assert [run["run_id"] for run in late["runs"]] == [second]
    assert workspace.get("2.1/jobs/runs/list", active_only="true") == {"has_more": False}
    assert len(workspace.get("2.1/jobs/runs/list", completed_only="true")["runs"]) == 2
    assert workspace.get("2.1/jobs/runs/list", run_type="JOB_RUN") == {"has_more": False}
    with pytest.raises(ApiFailure, match="can't both be true"):
        workspace.get("2.1/jobs/runs/list", active_only="true", completed_only="true")
    with pytest.raises(ApiFailure, match="limit must be between 0 and 25"):
        workspace.get("2.1/jobs/runs/list", limit=26)
    with pytest.raises(ApiFailure, match="Job 99 does not exist"):
        workspace.get("2.1/jobs/runs/list", job_id=99)


def test_unknown_runs(workspace: Workspace) -> None:
    for path in ("get", "get-output", "export"):
        with pytest.raises(ApiFailure) as failure:
            workspace.get(f"2.1/jobs/runs/{path}", run_id=99)
        assert (failure.value.status, failure.value.message) == (400, "Run 99 does not exist.")
    for path in ("cancel", "delete", "repair"):
        with pytest.raises(ApiFailure, match="Run 99 does not exist"):
            workspace.post(f"2.1/jobs/runs/{path}", run_id=99)
