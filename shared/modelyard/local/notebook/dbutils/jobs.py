"""``dbutils.jobs.taskValues``: small values that tasks of one job run hand on."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.local.notebook.dbutils.guide import Helpful

LIMIT = 48 * 1024
"""Bytes of JSON that a value may have."""


class TaskValues(Helpful):
    """Values of the tasks of a job run: a JSON file of the job run in ``folder``."""

    name = "jobs.taskValues"

    def __init__(self, folder: Path, facts: Mapping[str, str]) -> None:
        self._folder = folder
        self._job_run = facts.get("job_run_id", "")
        self._task = facts.get("task_key", "")

    def set(self, key: str, value: Any) -> None:
        """Set a value of this task. Outside of a job nothing happens, as on Databricks."""
        try:
            size = len(json.dumps(value).encode())
        except (TypeError, ValueError) as error:
            raise ValueError(f"the value of {key!r} can't be written as JSON: {error}") from None
        if size > LIMIT:
            raise ValueError(f"the value of {key!r} has {size} bytes as JSON; {LIMIT} are allowed")
        if not self._in_job():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file().with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:  # tasks run at the same time
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            values = self._read()
            values.setdefault(self._task, {})[key] = value
            new = self._file().with_suffix(".new")
            new.write_text(json.dumps(values), encoding="utf-8")
            new.replace(self._file())
        finally:
            os.close(descriptor)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:  # noqa: N803
        """A value that a task has set, or the default; outside of a job the debugValue."""
        if not self._in_job():
            if debugValue is None:
                raise TypeError("Must pass debugValue when calling get outside of a job context.")
            return debugValue
        found = self._read().get(taskKey, {})
        if key in found:
            return found[key]
        if default is None:
            raise ValueError(
                f"No task value of key {key!r} was set by a task {taskKey!r} of this job run, "
                "and there is no default"
            )
        return default

    def _in_job(self) -> bool:
        return bool(self._job_run and self._task)

    def _file(self) -> Path:
        return self._folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', self._job_run)}.json"

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            values: dict[str, dict[str, Any]] = json.loads(self._file().read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return values


class Jobs(Helpful):
    """Features of jobs."""

    name = "jobs"

    def __init__(self, values: TaskValues) -> None:
        self.taskValues = values
