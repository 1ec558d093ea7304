"""When a run has to end before its work is done: cancelled, out of time, or the cloud stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelyard.local.cloud.databricks.changes import Changes
from modelyard.local.cloud.databricks.jobs import states
from modelyard.local.cloud.databricks.jobs.records import RunRecords
from modelyard.local.cloud.databricks.jobs.states import Outcome

USER, TIMEOUT, SHUTDOWN = "user", "timeout", "shutdown"
"""Values of a job run's ``cancel``."""


class Ended(Exception):
    """Leaves the work of a run, with its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class Watch:
    """Looks whether one task's run must end. Time-outs are by the cloud's clock."""

    def __init__(self, records: RunRecords, changes: Changes, task_run: dict[str, Any]) -> None:
        self._records = records
        self._changes = changes
        self._parent = task_run["parent_run_id"]
        self._limit = int(task_run["task"].get("timeout_seconds", 0))
        self._start = records.now()

    def check(self) -> None:
        """Raises Ended when the run has to end."""
        run = self._records.get(self._parent)
        outcome = requested_end(run)
        late = self._limit and self._records.now() >= self._start + self._limit * 1000
        if outcome is None and late:
            outcome = states.timed_out(self._limit)
        if outcome is not None:
            raise Ended(outcome)

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Return when ``reached()``; raises Ended."""

        def look() -> bool:
            self.check()
            return reached()

        self._changes.wait_until(look)


def requested_end(run: dict[str, Any]) -> Outcome | None:
    """With which outcome a job run was told to end; None when it wasn't."""
    cancel = run.get("cancel")
    if cancel is None:
        return None
    if cancel == TIMEOUT:
        return states.timed_out(int(run["timeout_seconds"]))
    return states.local_cloud_stopped() if cancel == SHUTDOWN else states.canceled()
