from __future__ import annotations

from typing import Any

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace

NOTEBOOK = {"notebook_task": {"notebook_path": "/Shared/train"}}


def create(workspace: Workspace, name: str = "train", **fields: Any) -> int:
    task = {"task_key": "train", **NOTEBOOK}
    given = {"name": name, "tasks": [task], **fields}
    return int(workspace.post("2.1/jobs/create", **given)["job_id"])


def settings(workspace: Workspace, job_id: int, version: str = "2.1") -> dict[str, Any]:
    found: dict[str, Any] = workspace.get(f"{version}/jobs/get", job_id=job_id)["settings"]
    return found


def test_a_job_is_made_and_shown(workspace: Workspace) -> None:
    job_id = create(workspace, max_concurrent_runs=3, tags={"team": "wine"})
    found = workspace.get("2.1/jobs/get", job_id=job_id)
    assert found["creator_user_name"] == "owner@modelyard.local"
    assert found["settings"]["format"] == "MULTI_TASK"
    assert found["settings"]["max_concurrent_runs"] == 3
    assert found["settings"]["tags"] == {"team": "wine"}
    assert found["settings"]["tasks"][0]["task_key"] == "train"


def test_the_old_form(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    job_id = workspace.post(
        "2.0/jobs/create",
        name="old",
        existing_cluster_id=cluster_id,
        timeout_seconds=60,
        **NOTEBOOK,
    )["job_id"]
    old = settings(workspace, job_id, "2.0")
    assert (old["format"], old["notebook_task"]) == ("SINGLE_TASK", NOTEBOOK["notebook_task"])
    assert "tasks" not in old
    new = settings(workspace, job_id, "2.2")
    assert new["format"] == "MULTI_TASK"
    assert new["tasks"] == [{"task_key": "old", "existing_cluster_id": cluster_id, **NOTEBOOK}]
    assert new["timeout_seconds"] == 60
    assert "notebook_task" not in new


def test_the_old_version_does_not_show_tasks(workspace: Workspace) -> None:
    assert "tasks" not in settings(workspace, create(workspace), "2.0")


def test_an_unknown_job(workspace: Workspace) -> None:
    for version in ("2.0", "2.2"):
        with pytest.raises(ApiFailure) as failure:
            workspace.get(f"{version}/jobs/get", job_id=99)
        assert (failure.value.status, failure.value.message) == (400, "Job 99 does not exist.")
    for verb in ("reset", "update", "delete"):
        with pytest.raises(ApiFailure, match="Job 99 does not exist"):
            workspace.post(
                f"2.1/jobs/{verb}",
                job_id=99,
                new_settings={"tasks": [{"task_key": "t", **NOTEBOOK}]},
            )


def test_reset_replaces_and_update_changes(workspace: Workspace) -> None:
    job_id = create(workspace, tags={"a": "b"}, timeout_seconds=60)
    workspace.post("2.1/jobs/update", job_id=job_id, new_settings={"timeout_seconds": 90})
    assert settings(workspace, job_id)["timeout_seconds"] == 90
    assert settings(workspace, job_id)["tags"] == {"a": "b"}
    more = [{"task_key": "score", **NOTEBOOK, "depends_on": [{"task_key": "train"}]}]
    workspace.post(
        "2.1/jobs/update", job_id=job_id, new_settings={"tasks": more}, fields_to_remove=["tags"]
    )
    found = settings(workspace, job_id)
    assert [task["task_key"] for task in found["tasks"]] == ["train", "score"]
    assert "tags" not in found
    workspace.post("2.1/jobs/update", job_id=job_id, fields_to_remove=["tasks/score"])
    assert [task["task_key"] for task in settings(workspace, job_id)["tasks"]] == ["train"]
    new = {"name": "new", "tasks": [{"task_key": "only", **NOTEBOOK}]}
    workspace.post("2.1/jobs/reset", job_id=job_id, new_settings=new)
    found = settings(workspace, job_id)
    assert (found["name"], found["timeout_seconds"]) == ("new", 0)


def test_a_bad_change_changes_nothing(workspace: Workspace) -> None:
    job_id = create(workspace)
    with pytest.raises(ApiFailure, match="is not a task"):
        workspace.post(
            "2.1/jobs/update",
            job_id=job_id,
            new_settings={
                "tasks": [{"task_key": "x", **NOTEBOOK, "depends_on": [{"task_key": "y"}]}]
            },
        )
    assert len(settings(workspace, job_id)["tasks"]) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fields_to_remove": [5]}, r"fields_to_remove\[0\] must be a string"),
        ({"fields_to_remove": ["tags/x"]}, "tags is no list of items"),
        ({"new_settings": {"tasks": {}}}, r"new_settings\.tasks must be a list"),
        ({"new_settings": {"tasks": [{"task_key": []}]}}, r"tasks\[0\]\.task_key must be a string"),
    ],
)
def test_a_change_of_a_wrong_shape(workspace: Workspace, change: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiFailure, match=told):
        workspace.post("2.1/jobs/update", job_id=create(workspace), **change)


def test_a_run_keeps_what_it_was_started_with(workspace: Workspace) -> None:
    job_id = create(workspace)
    workspace.notebook()
    run_id = workspace.post("2.1/jobs/run-now", job_id=job_id)["run_id"]
    workspace.post("2.1/jobs/delete", job_id=job_id)
    run = workspace.run_ends(run_id)
    assert run["state"]["result_state"] == "SUCCESS"
    listed = workspace.get("2.1/jobs/runs/list", job_id=job_id)["runs"]
    assert [found["run_id"] for found in listed] == [run_id]


def test_lists_are_filtered_by_exact_name_in_any_case(workspace: Workspace) -> None:
    assert workspace.get("2.0/jobs/list") == {}
    assert workspace.get("2.1/jobs/list") == {"has_more": False}
    wanted = create(workspace, "Wine Quality (Train)")
    create(workspace, "Wine Quality (Train) 2")
    twin = create(workspace, "wine quality (train)")
    found = workspace.get("2.1/jobs/list", name="Wine Quality (Train)")
    assert [job["job_id"] for job in found["jobs"]] == [twin, wanted]


def test_lists_are_paged(workspace: Workspace) -> None:
    made = [create(workspace, f"job {n}") for n in range(25)]
    first = workspace.get("2.1/jobs/list")
    assert len(first["jobs"]) == 20
    assert first["has_more"] is True
    second = workspace.get("2.1/jobs/list", page_token=first["next_page_token"])
    ids = [job["job_id"] for job in [*first["jobs"], *second["jobs"]]]
    assert ids == made[::-1]
    assert second["has_more"] is False
    assert len(workspace.get("2.1/jobs/list", limit=100, offset=20)["jobs"]) == 5
    assert len(workspace.get("2.0/jobs/list")["jobs"]) == 25
    with pytest.raises(ApiFailure, match="limit must be between 1 and 100"):
        workspace.get("2.1/jobs/list", limit=101)
    assert "tasks" not in first["jobs"][0]["settings"]
    expanded = workspace.get("2.1/jobs/list", expand_tasks="true")["jobs"]
    assert expanded[0]["settings"]["tasks"]


def test_many_tasks_are_paged_in_2_2(workspace: Workspace) -> None:
    tasks = [{"task_key": f"t{n}", **NOTEBOOK} for n in range(150)]
    job_id = create(workspace, tasks=tasks)
    first = workspace.get("2.2/jobs/get", job_id=job_id)
    assert len(first["settings"]["tasks"]) == 100
    rest = workspace.get("2.2/jobs/get", job_id=job_id, page_token=first["next_page_token"])
    assert [t["task_key"] for t in rest["settings"]["tasks"]][-1] == "t149"
    assert "next_page_token" not in rest
    assert len(settings(workspace, job_id, "2.1")["tasks"]) == 150


def test_clusters_are_checked_when_a_job_is_made(workspace: Workspace) -> None:
    new = {k: v for k, v in CLUSTER.items() if k != "cluster_name"}
    create(workspace, tasks=[{"task_key": "t", **NOTEBOOK, "new_cluster": new}])
    for cluster, told in (
        ({"existing_cluster_id": "gone"}, "Cluster gone does not exist"),
        ({"new_cluster": {**new, "spark_version": "1.x"}}, "Invalid spark version 1.x"),
        ({"new_cluster": {**new, "autotermination_minutes": 20}}, "not supported for job clusters"),
    ):
        with pytest.raises(ApiFailure, match=told):
            create(workspace, tasks=[{"task_key": "t", **NOTEBOOK, **cluster}])
