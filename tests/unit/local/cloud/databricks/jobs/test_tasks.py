"""One task of a run, on a driver that a test plays."""

from __future__ import annotations

from databricks_runs import NEW, ended, holding, on_driver, submit
from databricks_service import Workspace, until
from fake_drivers import Stage
from modelyard.clock import FakeClock
from modelyard.local.notebook.runs import NotebookResult


def test_a_run_goes_through_its_states(
    workspace: Workspace, stage: Stage, clock: FakeClock
) -> None:
    holding(stage)
    stage.may_start.clear()
    run_id = submit(workspace, new_cluster=NEW, run_name="one")
    run = workspace.run_reaches(run_id, "PENDING")
    until(lambda: stage.drivers, "the launch of the driver")
    clock.advance(30)
    stage.may_start.set()
    on_driver(stage)
    run = workspace.run_reaches(run_id, "RUNNING")
    assert run["end_time"] == 0
    assert "termination_details" not in run["status"]
    clock.advance(60)
    stage.running[0].finish(NotebookResult("success", exit_value="0.71"))
    run = workspace.run_ends(run_id)
    assert ended(run) == ("TERMINATED", "SUCCESS", "SUCCESS")
    assert run["run_name"] == "one"
    assert run["end_time"] - run["start_time"] == run["run_duration"] == 90_000
    assert run["tasks"][0]["setup_duration"] == 30_000
    assert run["tasks"][0]["execution_duration"] == 60_000


def test_what_the_driver_is_asked(workspace: Workspace, stage: Stage) -> None:
    cluster_id = workspace.cluster()
    run_id = submit(
        workspace,
        existing_cluster_id=cluster_id,
        notebook_task={
            "notebook_path": workspace.notebook(),
            "base_parameters": {"alpha": 0.5, "run": "{{job.run_id}}"},
        },
    )
    run = workspace.run_ends(run_id)
    request = stage.drivers[0].runs[0].request
    assert request.notebook_path == "/Shared/train"
    assert request.parameters == {"alpha": "0.5", "run": str(run_id)}
    assert request.kind == "notebook"
    assert request.environment["DATABRICKS_HOST"] == "http://127.0.0.1:8123"
    assert request.environment["MLFLOW_TRACKING_URI"] == "databricks"
    assert request.context == {
        "job_id": str(run["job_id"]),
        "job_run_id": str(run_id),
        "task_key": run["tasks"][0]["task_key"],
        "cluster_id": cluster_id,
    }
    assert run["cluster_instance"]["cluster_id"] == cluster_id


def test_a_python_file_with_arguments(workspace: Workspace, stage: Stage) -> None:
    script = {"python_file": "dbfs:/train.py", "parameters": ["--alpha", "0.5"]}
    stage.play = lambda _: NotebookResult("success", logs="epoch 1\n")
    run_id = int(
        workspace.post(
            "2.1/jobs/runs/submit",
            tasks=[
                {
                    "task_key": "t",
                    "spark_python_task": script,
                    "existing_cluster_id": workspace.cluster(),
                }
            ],
        )["run_id"]
    )
    run = workspace.run_ends(run_id)
    request = stage.drivers[0].runs[0].request
    assert (request.kind, request.notebook_path) == ("python", "dbfs:/train.py")
    assert list(request.arguments) == ["--alpha", "0.5"]
    output = workspace.get("2.1/jobs/runs/get-output", run_id=run["tasks"][0]["run_id"])
    assert output["logs"] == "epoch 1\n"


def test_a_notebook_that_raises(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: NotebookResult(
        "failed",
        error="ValueError: bad",
        traceback="Traceback ...\nValueError: bad",
        cell=2,
        line=3,
    )
    run_id = submit(workspace)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR")
    assert run["state"]["state_message"] == "Workload failed, see run output for details"
    output = workspace.get("2.1/jobs/runs/get-output", run_id=run_id)
    assert output["error"] == "ValueError: bad"
    assert output["error_trace"].endswith("ValueError: bad")
    assert output["notebook_output"] == {}


def test_a_notebook_that_is_not_there(workspace: Workspace) -> None:
    run_id = submit(workspace, notebook_task={"notebook_path": "/Shared/nothing"})
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "RESOURCE_NOT_FOUND")
    assert 'Unable to access the notebook "/Shared/nothing"' in run["state"]["state_message"]
    output = workspace.get("2.1/jobs/runs/get-output", run_id=run_id)
    assert "Unable to access the notebook" in output["error"]


def test_a_driver_that_is_killed_under_a_run(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    cluster_id = workspace.cluster()
    run_id = submit(workspace, existing_cluster_id=cluster_id)
    on_driver(stage)
    stage.drivers[0].die(-9)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "DRIVER_ERROR")
    assert "DRIVER_UNREACHABLE" in run["state"]["state_message"]
    assert workspace.cluster_reaches(cluster_id, "TERMINATED")


def test_a_cluster_that_is_terminated_under_a_run(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    cluster_id = workspace.cluster()
    run_id = submit(workspace, existing_cluster_id=cluster_id)
    on_driver(stage)
    workspace.post("clusters/delete", cluster_id=cluster_id)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR")
    assert "USER_REQUEST (SUCCESS)" in run["state"]["state_message"]


def test_a_cluster_that_is_deleted_under_a_run(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    cluster_id = workspace.cluster()
    run_id = submit(workspace, existing_cluster_id=cluster_id)
    on_driver(stage)
    workspace.post("clusters/permanent-delete", cluster_id=cluster_id)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR")
    assert run["state"]["state_message"] == f"Cluster {cluster_id} was deleted"


def test_a_cluster_that_is_gone_before_the_run(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    job_id = workspace.post(
        "2.0/jobs/create",
        existing_cluster_id=cluster_id,
        notebook_task={"notebook_path": workspace.notebook()},
    )["job_id"]
    workspace.post("clusters/permanent-delete", cluster_id=cluster_id)
    run = workspace.run_ends(workspace.post("2.0/jobs/run-now", job_id=job_id)["run_id"])
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "RESOURCE_NOT_FOUND")
    assert run["state"]["state_message"] == f"Cluster {cluster_id} does not exist"


def test_a_cluster_that_is_restarted_under_a_run(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    cluster_id = workspace.cluster()
    run_id = submit(workspace, existing_cluster_id=cluster_id)
    on_driver(stage)
    workspace.post("clusters/restart", cluster_id=cluster_id)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR")
