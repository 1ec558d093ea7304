from __future__ import annotations

from typing import Any

import pytest

from modelyard.databricks.jobs.job_settings import NotebookJob, changes
from modelyard.databricks.jobs.jobs import Job
from modelyard.errors import InputError

CURRENT: dict[str, Any] = {
    "name": "wine",
    "queue": {"enabled": True},
    "timeout_seconds": 0,
    "max_concurrent_runs": 3,
    "schedule": {"quartz_cron_expression": "0 0 * * * ?"},
    "tasks": [
        {
            "task_key": "train",
            "notebook_task": {
                "notebook_path": "/Shared/wine/train",
                "source": "WORKSPACE",
                "base_parameters": {"alpha": "0.5"},
            },
            "existing_cluster_id": "0101-1",
            "timeout_seconds": 0,
            "email_notifications": {},
        }
    ],
}


def job(**task: Any) -> Job:
    return Job(11, {**CURRENT, "tasks": [{**CURRENT["tasks"][0], **task}]})


def asked(**more: Any) -> NotebookJob:
    return NotebookJob(**{"name": "wine", "notebook": "/Shared/wine/train", **more})


def test_a_new_job() -> None:
    settings = asked(
        base_parameters={"alpha": "0.5"},
        compute={"existing_cluster_id": "0101-1"},
        timeout_seconds=60,
        libraries=[{"pypi": {"package": "skops"}}],
    ).settings
    assert settings == {
        "name": "wine",
        "queue": {"enabled": True},
        "timeout_seconds": 60,
        "tasks": [
            {
                "task_key": "main",
                "notebook_task": {
                    "notebook_path": "/Shared/wine/train",
                    "base_parameters": {"alpha": "0.5"},
                },
                "existing_cluster_id": "0101-1",
                "libraries": [{"pypi": {"package": "skops"}}],
            }
        ],
    }


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"base_parameters": {"alpha": "0.5"}},
        {"compute": {"existing_cluster_id": "0101-1"}},
        {"max_concurrent_runs": 3, "timeout_seconds": 0},
        {"libraries": []},
    ],
)
def test_what_is_as_asked_is_left_alone(more: dict[str, Any]) -> None:
    assert changes(job(), asked(**more)).settings == {}


def test_a_difference_is_named_and_the_rest_of_the_task_stays() -> None:
    found = changes(job(), asked(notebook="/Shared/wine/train2", base_parameters={"alpha": "0.3"}))
    assert found.fields == ("notebook_task.notebook_path", "notebook_task.base_parameters")
    (task,) = found.settings["tasks"]
    assert task["task_key"] == "train"
    assert task["existing_cluster_id"] == "0101-1"
    assert task["notebook_task"] == {
        "notebook_path": "/Shared/wine/train2",
        "source": "WORKSPACE",
        "base_parameters": {"alpha": "0.3"},
    }
    assert set(found.settings) == {"tasks"}


def test_a_parameter_too_many_is_a_difference() -> None:
    current = job(
        notebook_task={
            "notebook_path": "/Shared/wine/train",
            "base_parameters": {"a": "1", "b": ""},
        }
    )
    assert changes(current, asked(base_parameters={"a": "1"})).fields == (
        "notebook_task.base_parameters",
    )


def test_another_cluster_replaces_the_one_before() -> None:
    spec = {"spark_version": "16.4", "num_workers": 1}
    found = changes(job(), asked(compute={"new_cluster": spec}))
    assert found.fields == (
        "new_cluster.spark_version", "new_cluster.num_workers", "existing_cluster_id",
    )  # fmt: skip
    (task,) = found.settings["tasks"]
    assert task["new_cluster"] == spec
    assert "existing_cluster_id" not in task


def test_defaults_of_the_service_are_no_difference() -> None:
    filled_in = {"spark_version": "16.4", "num_workers": 1, "enable_elastic_disk": True}
    current = job(new_cluster=filled_in)
    del current.settings["tasks"][0]["existing_cluster_id"]
    wanted = asked(compute={"new_cluster": {"spark_version": "16.4", "num_workers": 1}})
    assert changes(current, wanted).settings == {}


def test_the_queue_is_switched_on() -> None:
    current = Job(11, {**CURRENT, "queue": {"enabled": False}})
    assert changes(current, asked()).settings == {"queue": {"enabled": True}}
    assert changes(current, asked()).fields == ("queue.enabled",)


@pytest.mark.parametrize(
    "tasks",
    [
        [],
        [{"task_key": "a", "spark_python_task": {}}],
        [{"task_key": "a", "notebook_task": {}}, {"task_key": "b", "notebook_task": {}}],
    ],
)
def test_a_job_of_other_tasks_is_not_overwritten(tasks: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="isn't a job of one notebook") as caught:
        changes(Job(11, {**CURRENT, "tasks": tasks}), asked())
    assert "leave out notebook" in caught.value.fix
