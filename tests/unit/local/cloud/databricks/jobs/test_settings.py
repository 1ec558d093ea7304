from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError, cluster_does_not_exist
from modelyard.local.cloud.databricks.jobs.settings import check, format_of, kind_of, tasks_of

NOTEBOOK = {"notebook_task": {"notebook_path": "/Shared/train"}}
ON_CLUSTER = {**NOTEBOOK, "existing_cluster_id": "there"}


def only(cluster_id: str) -> None:
    if cluster_id != "there":
        raise cluster_does_not_exist(cluster_id)


def checked(settings: dict[str, Any], serverless: bool = True) -> None:
    check(settings, serverless=serverless, check_cluster=only, check_new_cluster=lambda _: None)


def tasks(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"tasks": [{"task_key": f"t{n}", **item} for n, item in enumerate(items)], **fields}


def test_both_forms() -> None:
    checked(ON_CLUSTER)
    checked(tasks(ON_CLUSTER, NOTEBOOK))
    assert format_of(ON_CLUSTER) == "SINGLE_TASK"
    assert format_of(tasks(ON_CLUSTER)) == "MULTI_TASK"
    single = tasks_of({**ON_CLUSTER, "name": "Wine Quality (Train)", "timeout_seconds": 60})
    assert single == [{"task_key": "Wine_Quality_Train_", **ON_CLUSTER}]
    assert kind_of(single[0]) == "notebook_task"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "must have exactly one of notebook_task"),
        ({**ON_CLUSTER, "spark_python_task": {"python_file": "dbfs:/x"}}, "exactly one of"),
        ({"spark_jar_task": {}, "existing_cluster_id": "there"}, "does not run a spark_jar_task"),
        (tasks({"for_each_task": {}}), "does not run a for_each_task"),
        ({"notebook_task": {}, "existing_cluster_id": "there"}, "notebook_task.notebook_path"),
        (
            {"notebook_task": {"notebook_path": "train"}, "existing_cluster_id": "there"},
            "Only absolute paths are currently supported",
        ),
        (
            {"notebook_task": {"notebook_path": "/x", "source": "GIT"}},
            "source GIT is not supported",
        ),
        (
            tasks({"notebook_task": {"notebook_path": "/x", "base_parameters": []}}),
            r"tasks\[0\].notebook_task.base_parameters must be an object",
        ),
        (tasks({"spark_python_task": {}}), "spark_python_task.python_file"),
        (
            tasks({"spark_python_task": {"python_file": "x", "parameters": "a"}}),
            "parameters must be a list, not 'a'",
        ),
        (tasks({"condition_task": {"op": "EQUAL_TO", "left": "a"}}), "condition_task.right"),
        (
            tasks({"condition_task": {"op": "LIKE", "left": "a", "right": "b"}}),
            "Unknown condition_task.op 'LIKE'",
        ),
        ({**NOTEBOOK, "existing_cluster_id": "gone"}, "Cluster gone does not exist"),
        (
            tasks({**ON_CLUSTER, "new_cluster": {}, "job_cluster_key": "x"}),
            "One of job_cluster_key, new_cluster, or existing_cluster_id",
        ),
        (
            tasks({**NOTEBOOK, "job_cluster_key": "x"}),
            "Job cluster 'x' of task 't0' is not defined",
        ),
        (tasks(NOTEBOOK, job_clusters=[{"new_cluster": {}}]), "job_clusters.job_cluster_key"),
        (tasks(NOTEBOOK, job_clusters=[{"job_cluster_key": "x"}]), "job_clusters.new_cluster"),
        (tasks({**NOTEBOOK, "libraries": [{"deb": "x"}]}), "exactly one of pypi"),
        ({**ON_CLUSTER, "timeout_seconds": -1}, "timeout_seconds must be at least 0"),
        ({**ON_CLUSTER, "timeout_seconds": "60"}, "timeout_seconds must be a whole number"),
        (tasks({**NOTEBOOK, "timeout_seconds": 1.5}), "timeout_seconds must be"),
        ({**ON_CLUSTER, "max_concurrent_runs": 1001}, "cannot exceed 1000"),
        ({"tasks": [{**NOTEBOOK, "task_key": "a b"}]}, "Task key 'a b' must have"),
        ({"tasks": [{**NOTEBOOK}]}, "Task key None must have"),
        (tasks(NOTEBOOK, parameters=[{"default": "x"}]), "parameters.name"),
        ({**ON_CLUSTER, "git_source": {"git_url": "x"}}, "git_source is not supported"),
        ({"tasks": NOTEBOOK}, "tasks must be a list"),
        ({"tasks": [5]}, r"tasks\[0\] must be an object, not 5"),
        ({**ON_CLUSTER, "name": 5}, "name must be a string"),
        (tasks({**NOTEBOOK, "depends_on": [{}]}), "depends on ''"),
        (
            tasks({**NOTEBOOK, "depends_on": [{"task_key": "nothing"}]}),
            "depends on 'nothing'",
        ),
    ],
)
def test_what_is_wrong_is_told(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiError, match=told) as error:
        checked(settings)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_2_0_has_no_serverless_compute() -> None:
    with pytest.raises(ApiError, match="One of job_cluster_key, new_cluster, or existing"):
        checked(NOTEBOOK, serverless=False)
