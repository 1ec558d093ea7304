"""Runs as documents in the store: job runs, and the runs of their tasks.

A job run holds what it was started with (``tasks``, ``job_clusters``, parameters), so that later
changes of the job don't reach it. ``task_run_ids`` are the runs of its tasks, all attempts, in the
order they were made.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.jobs.states import ACTIVE, TERMINAL, Outcome
from modelyard.local.cloud.service import Cloud

RUNS = "databricks.runs"
OUTPUTS = "databricks.run_outputs"
TOKENS = "databricks.run_submit_tokens"
FIRST_ID = 101

Document = dict[str, Any]


class RunRecords:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock

    @property
    def lock(self) -> Any:
        return self._store.lock

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock.time() * 1000)

    def new_id(self) -> int:
        return self._store.next_number("databricks.run", FIRST_ID)

    def add(self, document: Document) -> Document:
        """A job run with the runs of its tasks. ``document`` holds ``run_id`` and ``tasks``."""
        with self._store.lock:
            document = {
                "kind": "job_run",
                "start_time": self.now(),
                "task_run_ids": [],
                "repairs": [],
                **document,
            }
            self._put(document)
            for task in document["tasks"]:
                self.add_attempt(document["run_id"], task)
        return self.get(document["run_id"])

    def add_attempt(self, run_id: int, task: Document, **fields: Any) -> Document:
        """One more run of a task of a job run; waits for its dependencies or for a cluster."""
        with self._store.lock:
            run = self.get(run_id)
            before = self.latest(run).get(task["task_key"])
            task_run_id = self.new_id()
            document = {
                "kind": "task_run",
                "run_id": task_run_id,
                "parent_run_id": run_id,
                "job_id": run["job_id"],
                "run_name": run["run_name"],
                "task_key": task["task_key"],
                "task": task,
                "attempt_number": 0 if before is None else before["attempt_number"] + 1,
                "original_attempt_run_id": task_run_id
                if before is None
                else before["original_attempt_run_id"],
                "life_cycle_state": "BLOCKED" if task.get("depends_on") else "PENDING",
                "state_message": "",
                "start_time": self.now(),
                **fields,
            }
            self._put(document)
            self.update(run_id, task_run_ids=[*run["task_run_ids"], task_run_id])
        return document

    def find(self, run_id: int) -> Document | None:
        document = self._store.get(RUNS, str(run_id))
        return None if document is None or document.get("deleted") else document

    def get(self, run_id: int) -> Document:
        """Raises the service's "Run ... does not exist."."""
        document = self.find(run_id)
        if document is None:
            raise exceptions.run_does_not_exist(run_id)
        return document

    def job_run(self, run_id: int) -> Document:
        """The job run of this id, or the one that a task's run belongs to."""
        document = self.get(run_id)
        return self.get(document["parent_run_id"]) if "parent_run_id" in document else document

    def job_runs(self, job_id: int | None = None) -> list[Document]:
        """Newest first."""
        return [
            document
            for _, document in reversed(list(self._store.items(RUNS)))
            if document["kind"] == "job_run"
            and not document.get("deleted")
            and job_id in (None, document["job_id"])
        ]

    def attempts(self, run: Document) -> list[Document]:
        """All runs of the tasks of a job run."""
        return [self.get(task_run_id) for task_run_id in run["task_run_ids"]]

    def latest(self, run: Document) -> dict[str, Document]:
        """The last run of each task, by task key."""
        return {attempt["task_key"]: attempt for attempt in self.attempts(run)}

    def update(self, run_id: int, **changes: Any) -> Document:
        return self._store.update(RUNS, str(run_id), **changes)

    def move(self, run_id: int, life_cycle_state: str, message: str = "") -> Document:
        """To another state that isn't an end; a run that has ended stays as it is."""
        with self._store.lock:
            document = self.get(run_id)
            if document["life_cycle_state"] in TERMINAL:
                return document
            changes: Document = {"life_cycle_state": life_cycle_state, "state_message": message}
            if life_cycle_state == "RUNNING" and "running_time" not in document:
                changes["running_time"] = self.now()
            if life_cycle_state == "TERMINATING" and "stopped_time" not in document:
                changes["stopped_time"] = self.now()
            return self.update(run_id, **changes)

    def finish(self, run_id: int, outcome: Outcome) -> Document:
        """The end of a run. The first end counts."""
        with self._store.lock:
            document = self.get(run_id)
            if document["life_cycle_state"] in TERMINAL:
                return document
            end = self.now()
            start = document["start_time"]
            running = document.get("running_time", document.get("stopped_time", end))
            stopped = document.get("stopped_time", end)
            return self.update(
                run_id,
                life_cycle_state=outcome.life_cycle_state,
                result_state=outcome.result_state,
                termination_code=outcome.code,
                state_message=outcome.message,
                end_time=end,
                setup_duration=max(running - start, 0),
                execution_duration=max(stopped - running, 0),
                cleanup_duration=max(end - stopped, 0),
                run_duration=end - start,
            )

    def reopen(self, run_id: int, **changes: Any) -> Document:
        """An ended job run that goes on: it is repaired."""
        with self._store.lock:
            document = self.get(run_id)
            ended = ("result_state", "termination_code", "end_time", "stopped_time", "cancel")
            kept = {key: value for key, value in document.items() if key not in ended}
            self._put({**kept, "life_cycle_state": "PENDING", "state_message": "", **changes})
            return self.get(run_id)

    def outcome(self, document: Document) -> Outcome | None:
        """How a run ended; None while it is active."""
        if document["life_cycle_state"] in ACTIVE or "end_time" not in document:
            return None
        return Outcome(
            document["life_cycle_state"],
            document.get("result_state"),
            document["termination_code"],
            document["state_message"],
        )

    def delete(self, run: Document) -> None:
        """The run stays known to its idempotency token."""
        for run_id in (run["run_id"], *run["task_run_ids"]):
            self.update(run_id, deleted=True)
            self._store.delete(OUTPUTS, str(run_id))

    def put_output(self, run_id: int, output: Document) -> None:
        """What a task's run left: a NotebookResult as JSON values."""
        self._store.put(OUTPUTS, str(run_id), output)

    def output(self, run_id: int) -> Document:
        return self._store.get(OUTPUTS, str(run_id)) or {}

    def of_token(self, scope: str, token: str) -> int | None:
        """The run that was started with an idempotency token, even if it was deleted."""
        document = self._store.get(TOKENS, f"{scope}/{token}")
        return None if document is None else int(document["run_id"])

    def remember_token(self, scope: str, token: str, run_id: int) -> None:
        self._store.put(TOKENS, f"{scope}/{token}", {"run_id": run_id})

    def reset(self) -> None:
        for collection in (RUNS, OUTPUTS, TOKENS):
            self._store.clear(collection)

    def _put(self, document: Document) -> None:
        self._store.put(RUNS, str(document["run_id"]), document)
