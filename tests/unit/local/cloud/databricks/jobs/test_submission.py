from __future__ import annotations

from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace, until
from fake_drivers import Stage
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult


def job(workspace: Workspace, **fields: Any) -> int:
    task = {
        "task_key": "train",
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    return int(workspace.post("2.1/jobs/create", name="train", tasks=[task], **fields)["job_id"])


def run_now(workspace: Workspace, job_id: int, **fields: Any) -> int:
    return int(workspace.post("2.1/jobs/run-now", job_id=job_id, **fields)["run_id"])


def life(workspace: Workspace, run_id: int) -> str:
    found = workspace.get("2.1/jobs/runs/get", run_id=run_id)
    return str(found["state"]["life_cycle_state"])


def submission(workspace: Workspace, **fields: Any) -> dict[str, Any]:
    return {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
        **fields,
    }


def test_run_now_takes_parameters(workspace: Workspace, stage: Stage) -> None:
    job_id = job(workspace)
    run = workspace.run_ends(run_now(workspace, job_id, notebook_params={"alpha": "0.3"}))
    assert stage.drivers[0].runs[0].request.parameters == {"alpha": "0.3"}
    assert run["overriding_parameters"] == {"notebook_params": {"alpha": "0.3"}}
    assert (run["job_id"], run["number_in_job"], run["run_type"]) == (job_id, 1, "JOB_RUN")
    answer = workspace.post("2.1/jobs/run-now", job_id=job_id)
    assert answer["number_in_job"] == 2


def test_a_job_that_is_not_there(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure) as failure:
        run_now(workspace, 99)
    assert (failure.value.status, failure.value.message) == (400, "Job 99 does not exist.")


def test_too_many_runs_are_skipped(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    job_id = job(workspace)
    first = run_now(workspace, job_id)
    skipped = workspace.run_ends(run_now(workspace, job_id), version="2.2")
    assert skipped["state"]["life_cycle_state"] == "SKIPPED"
    assert skipped["state"]["result_state"] == "MAXIMUM_CONCURRENT_RUNS_REACHED"
    assert skipped["status"]["termination_details"]["code"] == "MAX_CONCURRENT_RUNS_EXCEEDED"
    workspace.post("jobs/runs/cancel", run_id=first)
    workspace.run_ends(first)
    # An ended run makes room.
    run_id = run_now(workspace, job_id)
    workspace.run_reaches(run_id, "RUNNING")


def test_runs_go_side_by_side_up_to_the_limit(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    job_id = job(workspace, max_concurrent_runs=2)
    for run_id in (run_now(workspace, job_id), run_now(workspace, job_id)):
        workspace.run_reaches(run_id, "RUNNING")
    assert life(workspace, run_now(workspace, job_id)) == "SKIPPED"


def test_with_a_queue_they_wait_for_their_turn(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    job_id = job(workspace, queue={"enabled": True})
    runs = [run_now(workspace, job_id, notebook_params={"n": str(n)}) for n in range(4)]
    workspace.run_reaches(runs[0], "RUNNING")
    waiting = workspace.get("2.2/jobs/runs/get", run_id=runs[1])
    assert waiting["state"]["life_cycle_state"] == "QUEUED"
    assert waiting["status"]["state"] == "QUEUED"
    assert waiting["status"]["queue_details"]["code"] == "MAX_CONCURRENT_RUNS_REACHED"
    workspace.post("jobs/runs/cancel", run_id=runs[2])
    assert workspace.run_ends(runs[2])["state"]["result_state"] == "CANCELED"
    for run_id in (runs[0], runs[1], runs[3]):
        workspace.run_reaches(run_id, "RUNNING")
        until(lambda: stage.running, "the run on the driver")[0].finish(NotebookResult("success"))
        workspace.run_ends(run_id)
    order = [run.request.parameters["n"] for run in stage.drivers[0].runs]
    assert order == ["0", "1", "3"]


def test_one_run_may_ask_for_the_queue(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    job_id = job(workspace)
    run_now(workspace, job_id)
    assert life(workspace, run_now(workspace, job_id, queue={"enabled": True})) == "QUEUED"


def test_cancel_all(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    job_id = job(workspace, queue={"enabled": True})
    runs = [run_now(workspace, job_id) for _ in range(3)]
    workspace.post("2.1/jobs/runs/cancel-all", job_id=job_id, all_queued_runs=True)
    assert workspace.run_ends(runs[2])["state"]["result_state"] == "CANCELED"
    workspace.run_reaches(runs[0], "RUNNING")
    workspace.post("2.1/jobs/runs/cancel-all", job_id=job_id)
    for run_id in runs:
        assert workspace.run_ends(run_id)["state"]["result_state"] == "CANCELED"
    with pytest.raises(ApiFailure, match="Missing required field: job_id"):
        workspace.post("2.1/jobs/runs/cancel-all")


def test_the_same_token_is_the_same_run(workspace: Workspace, stage: Stage) -> None:
    job_id = job(workspace)
    first = run_now(workspace, job_id, idempotency_token="attempt-1")
    again = run_now(workspace, job_id, idempotency_token="attempt-1", notebook_params={"a": "b"})
    assert first == again
    workspace.run_ends(first)
    assert run_now(workspace, job_id, idempotency_token="attempt-1") == first
    assert run_now(workspace, job_id, idempotency_token="attempt-2") != first
    wanted = submission(workspace, idempotency_token="attempt-1")
    submitted = workspace.post("2.1/jobs/runs/submit", **wanted)["run_id"]
    assert submitted != first
    wanted["notebook_task"] = {"notebook_path": "/Shared/other"}
    assert workspace.post("2.1/jobs/runs/submit", **wanted)["run_id"] == submitted


def test_the_token_of_a_deleted_run_is_an_error(workspace: Workspace) -> None:
    wanted = submission(workspace, idempotency_token="once")
    run_id = workspace.post("2.1/jobs/runs/submit", **wanted)["run_id"]
    workspace.run_ends(run_id)
    workspace.post("jobs/runs/delete", run_id=run_id)
    with pytest.raises(ApiFailure) as failure:
        workspace.post("2.1/jobs/runs/submit", **wanted)
    assert failure.value.message == f"Run {run_id} does not exist."
    with pytest.raises(ApiFailure, match="does not exist"):
        workspace.get("2.1/jobs/runs/get", run_id=run_id)
    with pytest.raises(ApiFailure, match="at most 64 characters"):
        workspace.post("2.1/jobs/runs/submit", **{**wanted, "idempotency_token": "x" * 65})


def test_a_refused_submission_leaves_its_token_free(workspace: Workspace) -> None:
    wanted = submission(workspace, idempotency_token="once")
    with pytest.raises(ApiFailure, match="Cluster gone does not exist"):
        workspace.post("2.1/jobs/runs/submit", **{**wanted, "existing_cluster_id": "gone"})
    workspace.run_ends(workspace.post("2.1/jobs/runs/submit", **wanted)["run_id"])


def test_an_active_run_is_not_deleted(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    run_id = workspace.post("2.1/jobs/runs/submit", **submission(workspace))["run_id"]
    with pytest.raises(ApiFailure) as failure:
        workspace.post("jobs/runs/delete", run_id=run_id)
    assert failure.value.code == "INVALID_STATE"


def test_a_failed_run_is_repaired(workspace: Workspace, stage: Stage) -> None:
    broken = {"b"}

    def play(request: NotebookRequest) -> NotebookResult:
        bad = request.context["task_key"] in broken
        return NotebookResult("failed", error="E: x") if bad else NotebookResult("success")

    stage.play = play
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook()},
        "existing_cluster_id": workspace.cluster(),
    }
    tasks = [
        {"task_key": "a", **shared},
        {"task_key": "b", **shared, "depends_on": [{"task_key": "a"}]},
        {"task_key": "c", **shared, "depends_on": [{"task_key": "b"}]},
    ]
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=tasks)["run_id"]
    assert workspace.run_ends(run_id)["state"]["result_state"] == "FAILED"
    broken.clear()
    repair = workspace.post("2.1/jobs/runs/repair", run_id=run_id, rerun_all_failed_tasks=True)
    run = workspace.run_ends(run_id)
    assert run["state"]["result_state"] == "SUCCESS"
    done = [(t["task_key"], t["attempt_number"], t["state"]["result_state"]) for t in run["tasks"]]
    assert done == [
        ("a", 0, "SUCCESS"),
        ("b", 0, "FAILED"),
        ("c", 0, "UPSTREAM_FAILED"),
        ("b", 1, "SUCCESS"),
        ("c", 1, "SUCCESS"),
    ]
    assert [(r["type"], r.get("id")) for r in run["repair_history"]] == [
        ("ORIGINAL", None),
        ("REPAIR", repair["repair_id"]),
    ]
    with pytest.raises(ApiFailure, match=f"latest_repair_id must be {repair['repair_id']}"):
        workspace.post("2.1/jobs/runs/repair", run_id=run_id, rerun_tasks=["a"])
    latest = {"run_id": run_id, "latest_repair_id": repair["repair_id"]}
    with pytest.raises(ApiFailure, match="Nothing to repair"):
        workspace.post("2.1/jobs/runs/repair", **latest, rerun_all_failed_tasks=True)
    with pytest.raises(ApiFailure, match="has no task z"):
        workspace.post("2.1/jobs/runs/repair", **latest, rerun_tasks=["z"])
    workspace.post("2.1/jobs/runs/repair", **latest, rerun_tasks=["b"], rerun_dependent_tasks=True)
    run = workspace.run_ends(run_id)
    assert [t["task_key"] for t in run["tasks"][5:]] == ["b", "c"]


def test_a_run_that_goes_on_is_not_repaired(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    run_id = workspace.post("2.1/jobs/runs/submit", **submission(workspace))["run_id"]
    with pytest.raises(ApiFailure) as failure:
        workspace.post("2.1/jobs/runs/repair", run_id=run_id, rerun_all_failed_tasks=True)
    assert failure.value.code == "INVALID_STATE"
