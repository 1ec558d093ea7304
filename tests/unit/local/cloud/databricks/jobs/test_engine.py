"""Runs on clusters whose drivers a test plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace, until
from fake_drivers import FakeRun, Stage
from modelyard.clock import FakeClock
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult

NEW = {k: v for k, v in CLUSTER.items() if k != "cluster_name"}


def submit(workspace: Workspace, **fields: Any) -> int:
    """A run of the notebook /Shared/train on a running cluster, unless something else is given."""
    given = {"notebook_task": {"notebook_path": workspace.notebook()}, **fields}
    if not {"existing_cluster_id", "new_cluster"} & set(given):
        given["existing_cluster_id"] = workspace.cluster()
    return int(workspace.post("2.1/jobs/runs/submit", **given)["run_id"])


def on_driver(stage: Stage, count: int = 1) -> list[FakeRun]:
    def reached() -> Any:
        return stage.running if len(stage.running) == count else None

    return list(until(reached, f"{count} runs on the driver"))


def ended(run: dict[str, Any]) -> tuple[str, str, str]:
    details = run["status"]["termination_details"]
    return run["state"]["life_cycle_state"], run["state"]["result_state"], details["code"]


def holding(stage: Stage) -> None:
    """Runs go on until a test ends them."""
    stage.play = lambda _: None


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


def test_a_cluster_that_is_restarted_under_a_run(workspace: Workspace, stage: Stage) -> None:
    holding(stage)
    cluster_id = workspace.cluster()
    run_id = submit(workspace, existing_cluster_id=cluster_id)
    on_driver(stage)
    workspace.post("clusters/restart", cluster_id=cluster_id)
    run = workspace.run_ends(run_id)
    assert ended(run) == ("INTERNAL_ERROR", "FAILED", "CLUSTER_ERROR")


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
