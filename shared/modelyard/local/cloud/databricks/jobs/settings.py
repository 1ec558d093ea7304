"""The settings of a job or of a submitted run, checked, and its tasks in one form.

Jobs API 2.0 has one task, whose fields stand beside the job's (``SINGLE_TASK``); 2.1 and 2.2 have a
list ``tasks`` (``MULTI_TASK``). Schedules and triggers are kept but never fire here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.jobs import graph
from modelyard.local.cloud.databricks.jobs.conditions import EQUALITY, ORDER
from modelyard.local.cloud.databricks.libraries import specification

Settings = dict[str, Any]
Task = dict[str, Any]

KINDS = ("notebook_task", "spark_python_task", "condition_task")
OTHER_KINDS = (
    *("spark_jar_task", "spark_submit_task", "python_wheel_task", "pipeline_task", "sql_task"),
    *("dbt_task", "run_job_task", "for_each_task", "clean_rooms_notebook_task", "dashboard_task"),
)
COMPUTE = ("existing_cluster_id", "new_cluster", "job_cluster_key")
TASK_FIELDS = (
    *KINDS, *OTHER_KINDS, *COMPUTE,
    *("libraries", "timeout_seconds", "max_retries", "min_retry_interval_millis"),
    *("retry_on_timeout", "environment_key"),
)  # fmt: skip
"""Fields that stand beside a job's own where it has one task."""

TASK: dict[str, Any] = {
    "task_key": str,
    "depends_on": [{"task_key": str, "outcome": str}],
    "run_if": str,
    "notebook_task": {"notebook_path": str, "source": str, "base_parameters": {}},
    "spark_python_task": {"python_file": str, "source": str, "parameters": [str]},
    "condition_task": {"op": str, "left": str, "right": str},
    "existing_cluster_id": str,
    "new_cluster": {},
    "job_cluster_key": str,
    "libraries": [{}],
    "timeout_seconds": int,
    "max_retries": int,
    "min_retry_interval_millis": int,
    "retry_on_timeout": bool,
}
SETTINGS: dict[str, Any] = {
    **TASK,
    "name": str,
    "run_name": str,
    "idempotency_token": str,
    "tasks": [TASK],
    "job_clusters": [{"job_cluster_key": str, "new_cluster": {}}],
    "parameters": [{"name": str}],
    "queue": {"enabled": bool},
    "max_concurrent_runs": int,
}
"""Shapes of what is read here; see :mod:`modelyard.local.cloud.databricks.shapes`."""

TASK_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
COUNTS = ("timeout_seconds", "max_concurrent_runs", "min_retry_interval_millis")
MAX_CONCURRENT_RUNS = 1000


def format_of(settings: Settings) -> str:
    return "MULTI_TASK" if settings.get("tasks") else "SINGLE_TASK"


def tasks_of(settings: Settings) -> list[Task]:
    """The tasks, with the fields of a list item each."""
    if settings.get("tasks"):
        return [dict(task) for task in settings["tasks"]]
    name = str(settings.get("name") or settings.get("run_name") or "task")
    key = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:100]
    fields = {field: settings[field] for field in TASK_FIELDS if field in settings}
    # The job's time-out is that of its one task: it is kept at the run.
    fields.pop("timeout_seconds", None)
    return [{"task_key": key, **fields}]


def check(
    settings: Settings,
    *,
    serverless: bool,
    check_cluster: Callable[[str], None],
    check_new_cluster: Callable[[dict[str, Any]], None],
) -> None:
    """Raises INVALID_PARAMETER_VALUE, naming the field.

    ``serverless`` says whether tasks may name no compute at all. ``check_cluster`` and
    ``check_new_cluster`` raise for a cluster that doesn't exist, or can't be made.
    """
    shapes.check(settings, SETTINGS)
    if settings.get("git_source"):
        raise exceptions.invalid_parameter(
            "git_source is not supported: the local cloud runs what is in the workspace"
        )
    _check_counts(settings)
    tasks = tasks_of(settings)
    if len(tasks) > MAX_CONCURRENT_RUNS:
        raise exceptions.invalid_parameter(f"A job may have at most {MAX_CONCURRENT_RUNS} tasks.")
    shared = _job_clusters(settings)
    for new_cluster in shared.values():
        check_new_cluster(new_cluster)
    for task in tasks:
        _check_task(task, set(shared), serverless)
        if task.get("existing_cluster_id"):
            check_cluster(task["existing_cluster_id"])
        if task.get("new_cluster"):
            check_new_cluster(task["new_cluster"])
    graph.check(tasks)
    for parameter in settings.get("parameters", []):
        if not parameter.get("name"):
            raise exceptions.missing_field("parameters.name")


def kind_of(task: Task) -> str:
    return next(kind for kind in KINDS if kind in task)


def _check_counts(fields: dict[str, Any]) -> None:
    for name in COUNTS:
        if fields.get(name, 0) < 0:
            raise exceptions.invalid_parameter(f"{name} must be at least 0, not {fields[name]}")
    if fields.get("max_concurrent_runs", 0) > MAX_CONCURRENT_RUNS:
        raise exceptions.invalid_parameter(
            f"max_concurrent_runs cannot exceed {MAX_CONCURRENT_RUNS}."
        )


def _job_clusters(settings: Settings) -> dict[str, dict[str, Any]]:
    clusters: dict[str, dict[str, Any]] = {}
    for item in settings.get("job_clusters", []):
        if not item.get("job_cluster_key"):
            raise exceptions.missing_field("job_clusters.job_cluster_key")
        if "new_cluster" not in item:
            raise exceptions.missing_field("job_clusters.new_cluster")
        clusters[str(item["job_cluster_key"])] = item["new_cluster"]
    return clusters


def _check_task(task: Task, job_clusters: set[str], serverless: bool) -> None:
    key = task.get("task_key")
    if key is None or not TASK_KEY.fullmatch(key):
        raise exceptions.invalid_parameter(
            f"Task key {key!r} must have 1 to 100 letters, digits, dashes or underscores."
        )
    unsupported = [kind for kind in OTHER_KINDS if kind in task]
    if unsupported:
        raise exceptions.invalid_parameter(
            f"The local cloud does not run a {unsupported[0]} (task '{key}'), only: "
            f"{', '.join(KINDS)}."
        )
    kinds = [kind for kind in KINDS if kind in task]
    if len(kinds) != 1:
        raise exceptions.invalid_parameter(
            f"Task '{key}' must have exactly one of {', '.join(KINDS)}."
        )
    _check_counts(task)
    _check_kind(kinds[0], task[kinds[0]])
    for library in task.get("libraries", []):
        specification.check(library)
    compute = [name for name in COMPUTE if task.get(name)]
    if kinds[0] == "condition_task":
        return
    if len(compute) > 1 or not (compute or serverless):
        raise exceptions.invalid_parameter(
            "One of job_cluster_key, new_cluster, or existing_cluster_id must be specified."
        )
    if task.get("job_cluster_key") and task["job_cluster_key"] not in job_clusters:
        raise exceptions.invalid_parameter(
            f"Job cluster '{task['job_cluster_key']}' of task '{key}' is not defined in field "
            "'job_clusters'."
        )


def _check_kind(kind: str, fields: dict[str, Any]) -> None:
    if fields.get("source", "WORKSPACE") != "WORKSPACE":
        raise exceptions.invalid_parameter(
            f"source {fields['source']} is not supported: the local cloud runs what is in the "
            "workspace"
        )
    needed = {
        "notebook_task": ("notebook_path",),
        "spark_python_task": ("python_file",),
        "condition_task": ("op", "left", "right"),
    }
    for name in needed[kind]:
        if fields.get(name) in (None, ""):
            raise exceptions.missing_field(f"{kind}.{name}")
    if kind == "condition_task" and fields["op"] not in {**EQUALITY, **ORDER}:
        raise exceptions.invalid_parameter(f"Unknown condition_task.op {fields['op']!r}")
    if kind == "notebook_task" and not str(fields["notebook_path"]).startswith("/"):
        raise exceptions.invalid_parameter(
            f"Only absolute paths are currently supported. Paths must begin with '/': "
            f"{fields['notebook_path']}"
        )
