"""What a job of one notebook should look like, and how an existing job differs from it.

Only what was asked for is compared: the service fills in defaults of its own, and a person may
have set a schedule or notifications that are none of our business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.jobs.jobs import Job
from modelyard.errors import InputError

WHOLE = ("base_parameters", "spark_conf", "spark_env_vars", "libraries")
"""Settings compared as a whole: an entry too many is a difference."""
COMPUTE = ("existing_cluster_id", "new_cluster", "job_cluster_key", "environment_key")
"""Where a task runs: at most one of these."""
TASK_KEY = "main"


@dataclass(frozen=True)
class NotebookJob:
    """What was asked for. None means: not asked for."""

    name: str
    notebook: str
    """Path in the workspace."""
    base_parameters: Mapping[str, str] | None = None
    compute: Mapping[str, Any] | None = None
    """One field of COMPUTE; empty for serverless compute."""
    libraries: Sequence[Mapping[str, Any]] | None = None
    timeout_seconds: int | None = None
    max_concurrent_runs: int | None = None

    @property
    def top(self) -> dict[str, Any]:
        """The settings of the job itself."""
        asked: dict[str, Any] = {"queue": {"enabled": True}}
        if self.timeout_seconds is not None:
            asked["timeout_seconds"] = self.timeout_seconds
        if self.max_concurrent_runs is not None:
            asked["max_concurrent_runs"] = self.max_concurrent_runs
        return asked

    @property
    def task(self) -> dict[str, Any]:
        """The settings of its task."""
        notebook: dict[str, Any] = {"notebook_path": self.notebook}
        if self.base_parameters is not None:
            notebook["base_parameters"] = dict(self.base_parameters)
        asked: dict[str, Any] = {"notebook_task": notebook, **(self.compute or {})}
        if self.libraries is not None:
            asked["libraries"] = list(self.libraries)
        return asked

    @property
    def settings(self) -> dict[str, Any]:
        """The body of ``jobs/create``."""
        return {"name": self.name, **self.top, "tasks": [{"task_key": TASK_KEY, **self.task}]}


@dataclass(frozen=True)
class Changes:
    """What has to change."""

    settings: Mapping[str, Any]
    """For ``jobs/update``; empty when nothing has to."""
    fields: tuple[str, ...]
    """The names of what differs: ``notebook_task.notebook_path``."""


def changes(job: Job, asked: NotebookJob) -> Changes:
    """How the job differs from what was asked for.

    :raises InputError: when the job isn't one of a single notebook.
    """
    current = _only_notebook_task(job)
    at_top = {
        field: list(differences(job.settings.get(field), value, field))
        for field, value in asked.top.items()
    }
    top = {field: asked.top[field] for field, names in at_top.items() if names}
    fields = [name for names in at_top.values() for name in names]
    in_task = [
        name
        for field, value in asked.task.items()
        for name in differences(current.get(field), value, field)
    ]
    if asked.compute is not None:
        in_task += [field for field in COMPUTE if field in current and field not in asked.compute]
    if not in_task:
        return Changes(top, tuple(fields))
    return Changes({**top, "tasks": [_merged(current, asked)]}, (*fields, *in_task))


def differences(current: Any, asked: Any, field: str) -> Iterator[str]:
    """The names of the asked-for settings that the current ones don't have so.

    Numbers are compared as numbers, texts as texts; lists and WHOLE settings as a whole.
    """
    name = field.rsplit(".", 1)[-1]
    if isinstance(asked, Mapping) and name not in WHOLE:
        before = current if isinstance(current, Mapping) else {}
        for key, value in asked.items():
            yield from differences(before.get(key), value, f"{field}.{key}")
    elif _plain(current) != _plain(asked):
        yield field


def _plain(value: Any) -> Any:
    """Nothing and empty are the same to the service: it leaves out what is empty."""
    return None if value in ({}, [], "") else value


def _merged(current: Mapping[str, Any], asked: NotebookJob) -> dict[str, Any]:
    kept = {
        field: value
        for field, value in current.items()
        if asked.compute is None or field not in COMPUTE
    }
    notebook = {**(current.get("notebook_task") or {}), **asked.task["notebook_task"]}
    return {**kept, **asked.task, "notebook_task": notebook}


def _only_notebook_task(job: Job) -> Mapping[str, Any]:
    tasks: Sequence[Mapping[str, Any]] = job.settings.get("tasks") or []
    if len(tasks) != 1 or "notebook_task" not in tasks[0]:
        kinds = ", ".join(str(task.get("task_key")) for task in tasks) or "none"
        raise InputError(
            f"job {job.name} ({job.id}) isn't a job of one notebook: its tasks are {kinds}",
            fix="leave out notebook to run the job as it is, or give another name in job",
        )
    return tasks[0]
