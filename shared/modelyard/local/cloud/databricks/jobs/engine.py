"""What runs now: starts job runs, keeps the queue of each job, cancels, and survives a restart."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.changes import Workers
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.jobs import states
from modelyard.local.cloud.databricks.jobs.compute import Compute
from modelyard.local.cloud.databricks.jobs.ending import SHUTDOWN, USER
from modelyard.local.cloud.databricks.jobs.execution import JobExecution
from modelyard.local.cloud.databricks.jobs.states import ACTIVE
from modelyard.local.cloud.databricks.jobs.tasks import Surroundings


class Engine:
    def __init__(self, around: Surroundings, workers: Workers, clusters: Clusters) -> None:
        self._around = around
        self._records = around.records
        self._workers = workers
        self._clusters = clusters
        self._closing = False

    def admit(self, run_id: int, limit: int, queue: bool) -> None:
        """A new run of a job: start it, queue it or skip it. ``limit`` is max_concurrent_runs."""
        with self._records.lock:
            run = self._records.get(run_id)
            others = [o for o in self._active(run["job_id"]) if o["run_id"] != run_id]
            if len(others) < limit:
                self._launch(run_id)
            elif queue:
                for queued in (*run["task_run_ids"], run_id):
                    self._records.move(queued, "QUEUED", _queued_message(limit))
            else:
                for skipped in (*run["task_run_ids"], run_id):
                    self._records.finish(skipped, states.too_many_runs(limit))
        self._around.changes.announce()

    def cancel(self, run_id: int) -> None:
        """Cancel a job run (or the one that a task's run belongs to); it ends in a moment. Nothing
        happens to one that has ended."""
        with self._records.lock:
            run = self._records.job_run(run_id)
            if run["life_cycle_state"] == "QUEUED":
                for queued in (*run["task_run_ids"], run["run_id"]):
                    self._records.finish(queued, states.canceled())
            elif run["life_cycle_state"] in ACTIVE and "cancel" not in run:
                self._records.update(run["run_id"], cancel=USER)
                self._records.move(run["run_id"], "TERMINATING", "Cancelling the run")
        self._around.changes.announce()

    def resume(self, run_id: int) -> None:
        """Go on with a run that was reopened."""
        self._launch(run_id)

    def promote(self, job_id: int) -> None:
        """Start the queued runs of a job that there is room for, oldest first."""
        with self._records.lock:
            if self._closing:
                return
            runs = list(reversed(self._records.job_runs(job_id)))
            queued = [run for run in runs if run["life_cycle_state"] == "QUEUED"]
            for run in queued:
                if len(self._active(job_id)) >= run["max_concurrent_runs"]:
                    return
                for task_run in self._records.attempts(run):
                    waits = bool(task_run["task"].get("depends_on"))
                    self._records.move(task_run["run_id"], "BLOCKED" if waits else "PENDING")
                self._records.move(run["run_id"], "PENDING")
                self._launch(run["run_id"])

    def refuse_active(self, run: dict[str, Any], what: str) -> None:
        """Raises INVALID_STATE unless the run has ended."""
        if run["life_cycle_state"] in ACTIVE:
            raise exceptions.invalid_state(
                f"Run {run['run_id']} is active and can't be {what}. Cancel it first."
            )

    def recover(self) -> None:
        """After a start of the local cloud: what was active has ended, what was queued may start
        now."""
        self._closing = False
        self._around.tokens.revoke_all_for_runs()
        for run in self._records.job_runs():
            if run["life_cycle_state"] in ACTIVE - {"QUEUED"}:
                for run_id in (*run["task_run_ids"], run["run_id"]):
                    self._records.finish(run_id, states.local_cloud_stopped())
        for job_id in {run["job_id"] for run in self._records.job_runs()}:
            self.promote(job_id)

    def shut_down(self) -> None:
        """The local cloud stops: active runs end. Wait for the workers afterwards."""
        with self._records.lock:
            self._closing = True
            for run in self._records.job_runs():
                if run["life_cycle_state"] in ACTIVE - {"QUEUED"}:
                    self._records.update(run["run_id"], cancel=SHUTDOWN)
        self._around.changes.announce()

    def _active(self, job_id: int) -> list[dict[str, Any]]:
        return [
            run
            for run in self._records.job_runs(job_id)
            if run["life_cycle_state"] in ACTIVE - {"QUEUED"}
        ]

    def _launch(self, run_id: int) -> None:
        self._records.update(run_id, begin_time=self._records.now())
        self._workers.start(f"run-{run_id}", self._execute, run_id)

    def _execute(self, run_id: int) -> None:
        run = self._records.get(run_id)
        compute = Compute(self._clusters, self._around.libraries, run)
        try:
            JobExecution(self._around, self._workers, compute, run_id).work()
        finally:
            self.promote(run["job_id"])


def _queued_message(limit: int) -> str:
    return f"Queued due to reaching maximum concurrent runs of {limit}."
