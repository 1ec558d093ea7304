"""The clusters of runs: started, made, shared, with libraries."""

from __future__ import annotations

import pytest

from databricks_runs import NEW, ended, submit
from databricks_service import ApiFailure, Workspace
from fake_drivers import Stage


def test_a_terminated_cluster_is_started_for_the_run(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    run = workspace.run_ends(submit(workspace, existing_cluster_id=cluster_id))
    assert run["state"]["result_state"] == "SUCCESS"
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RUNNING"


def test_a_new_cluster_lives_as_long_as_its_run(workspace: Workspace) -> None:
    run = workspace.run_ends(submit(workspace, new_cluster=NEW))
    cluster_id = run["cluster_instance"]["cluster_id"]
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert found["cluster_source"] == "JOB"
    assert found["cluster_name"].startswith(f"job-{run['job_id']}-run-{run['run_id']}")
    assert found["termination_reason"] == {"code": "JOB_FINISHED", "type": "SUCCESS"}


def test_a_cluster_that_does_not_come_up(workspace: Workspace, stage: Stage) -> None:
    stage.start_failure = "no memory"
    run = workspace.run_ends(submit(workspace, new_cluster=NEW))
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR")
    message = run["state"]["state_message"]
    assert message.startswith("Unexpected failure while waiting for the cluster")
    assert "SPARK_STARTUP_FAILURE" in message
    assert "no memory" in message
    assert len(stage.drivers) == 1


def test_libraries_of_a_task_are_installed_first(workspace: Workspace, stage: Stage) -> None:
    libraries = [{"pypi": {"package": "numpy"}}]
    run = workspace.run_ends(submit(workspace, new_cluster=NEW, libraries=libraries))
    assert run["state"]["result_state"] == "SUCCESS"
    assert str(stage.drivers[0].runs[0].request.python) == "/environments/numpy/bin/python"


def test_a_library_that_cannot_be_installed_fails_the_run(
    workspace: Workspace, stage: Stage
) -> None:
    stage.broken_packages.add("nothing")
    libraries = [{"pypi": {"package": "nothing"}}]
    run = workspace.run_ends(submit(workspace, new_cluster=NEW, libraries=libraries))
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "LIBRARY_INSTALLATION_ERROR")
    message = run["state"]["state_message"]
    assert (
        'Library installation failed for library due to user error for pypi: "nothing"' in message
    )
    assert "No matching distribution found for nothing" in message
    assert stage.drivers[0].runs == []


def test_a_job_cluster_is_shared_by_its_tasks(workspace: Workspace, stage: Stage) -> None:
    workspace.notebook()
    tasks = [
        {
            "task_key": key,
            "notebook_task": {"notebook_path": "/Shared/train"},
            "job_cluster_key": "shared",
            "depends_on": [{"task_key": "a"}] if key == "b" else [],
        }
        for key in "ab"
    ]
    clusters = [{"job_cluster_key": "shared", "new_cluster": NEW}]
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=tasks, job_clusters=clusters)["run_id"]
    run = workspace.run_ends(run_id)
    used = {t["cluster_instance"]["cluster_id"] for t in run["tasks"]}
    assert len(used) == len(stage.drivers) == 1
    found = workspace.cluster_reaches(used.pop(), "TERMINATED")
    assert found["termination_reason"]["code"] == "JOB_FINISHED"


def test_a_task_without_a_cluster_is_serverless(workspace: Workspace) -> None:
    task = {"task_key": "t", "notebook_task": {"notebook_path": workspace.notebook()}}
    run = workspace.run_ends(workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"])
    assert run["state"]["result_state"] == "SUCCESS"
    with pytest.raises(ApiFailure, match="must be specified"):
        workspace.post("2.0/jobs/runs/submit", notebook_task=task["notebook_task"])
