"""One job run: its tasks in the order of the graph, side by side where they may be."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks.changes import Workers
from modelyard.local.cloud.databricks.jobs import forcing, graph, states
from modelyard.local.cloud.databricks.jobs.compute import Compute
from modelyard.local.cloud.databricks.jobs.ending import TIMEOUT, Ended, Watch, requested_end
from modelyard.local.cloud.databricks.jobs.states import Outcome
from modelyard.local.cloud.databricks.jobs.tasks import Surroundings, TaskAttempt

Document = dict[str, Any]


class JobExecution:
    """:meth:`work` blocks until the run has ended, and leaves it with its outcome."""

    def __init__(
        self, around: Surroundings, workers: Workers, compute: Compute, run_id: int
    ) -> None:
        self._around = around
        self._records = around.records
        self._workers = workers
        self._compute = compute
        self._run_id = run_id
        self._started: set[int] = set()

    def work(self) -> None:
        run = self._records.get(self._run_id)
        try:
            forced = run.get("forced")
            outcome = self._tasks() if forced is None else self._forced(forced)
        except BaseException:
            # A fault of the local cloud itself: its traceback goes to the log, the run ends.
            self._end(
                states.internal_error("INTERNAL_ERROR", "The local cloud failed; see its log")
            )
            raise
        self._end(outcome)

    def _tasks(self) -> Outcome:
        while True:
            run = self._records.get(self._run_id)
            latest = self._records.latest(run)
            outcomes = {key: self._records.outcome(task) for key, task in latest.items()}
            ended = {key: outcome for key, outcome in outcomes.items() if outcome is not None}
            told = requested_end(run)
            if len(ended) == len(run["tasks"]):
                return told or self._summary(run, ended)
            if told is not None:
                waiting = [t for t in latest.values() if self._waits(t)]
                for task_run in waiting:
                    self._records.finish(task_run["run_id"], told)
                changed = bool(waiting)
            else:
                changed = self._begin(latest, ended)
            if not changed:
                self._wait(len(ended))

    def _begin(self, latest: dict[str, Document], ended: dict[str, Outcome]) -> bool:
        """Start or skip the tasks that can be; says whether any was skipped."""
        conditions = [key for key in ended if "condition_task" in latest[key]["task"]]
        outputs = {key: self._records.output(latest[key]["run_id"]) for key in conditions}
        answers = {key: out["condition"] for key, out in outputs.items() if "condition" in out}
        skipped = False
        for task_run in latest.values():
            if not self._waits(task_run):
                continue
            verdict = graph.decide(task_run["task"], ended, answers)
            if isinstance(verdict, Outcome):
                self._records.finish(task_run["run_id"], verdict)
                skipped = True
            elif verdict:
                self._started.add(task_run["run_id"])
                self._workers.start(f"task-{task_run['run_id']}", self._task, task_run["run_id"])
        return skipped

    def _waits(self, task_run: Document) -> bool:
        """Whether this execution has yet to start or skip it."""
        return task_run["run_id"] not in self._started and self._records.outcome(task_run) is None

    def _wait(self, ended: int) -> None:
        """Until one task more has ended; tells the run to end when its time is over."""

        def moved() -> bool:
            run = self._records.get(self._run_id)
            if requested_end(run) is None and self._is_late(run):
                self._records.update(self._run_id, cancel=TIMEOUT)
                self._around.changes.announce()
            latest = self._records.latest(run).values()
            return sum(self._records.outcome(task) is not None for task in latest) != ended

        self._around.changes.wait_until(moved)

    def _is_late(self, run: Document) -> bool:
        limit = int(run.get("timeout_seconds", 0))
        begin = int(run["begin_time"] if "begin_time" in run else run["start_time"])
        return bool(limit) and self._records.now() >= begin + limit * 1000

    def _task(self, task_run_id: int) -> None:
        """All attempts of a task, one after the other."""
        outcome = states.internal_error("INTERNAL_ERROR", "The local cloud failed; see its log")
        try:
            while True:
                task_run = self._records.get(task_run_id)
                outcome = TaskAttempt(self._around, self._compute, task_run).work()
                retry = self._retry(task_run, outcome)
                if retry is None:
                    return
                task_run_id = retry
        finally:
            self._records.finish(task_run_id, outcome)
            self._around.changes.announce()

    def _retry(self, task_run: Document, outcome: Outcome) -> int | None:
        """Another attempt, when the task is to be tried again; ended attempts stay as they are."""
        task = task_run["task"]
        limit = int(task.get("max_retries", 0))
        again = outcome.result_state == "FAILED" or (
            outcome.result_state == "TIMEDOUT" and bool(task.get("retry_on_timeout"))
        )
        if not again or (limit >= 0 and task_run["attempt_number"] >= limit):
            return None
        with self._records.lock:
            self._records.finish(task_run["run_id"], outcome)
            attempt = self._records.add_attempt(
                self._run_id, task, life_cycle_state="WAITING_FOR_RETRY"
            )
            self._started.add(attempt["run_id"])
        self._around.changes.announce()
        due = self._records.now() + int(task.get("min_retry_interval_millis", 0))
        try:
            Watch(self._records, self._around.changes, attempt).wait_until(
                lambda: self._records.now() >= due
            )
        except Ended as ended:
            self._records.finish(attempt["run_id"], ended.outcome)
            return None
        return int(attempt["run_id"])

    def _summary(self, run: Document, ended: dict[str, Outcome]) -> Outcome:
        if run["format"] == "SINGLE_TASK":
            return next(iter(ended.values()))
        return graph.summary(run["tasks"], ended)

    def _forced(self, forced: Document) -> Outcome:
        """What a test asked for, without executing anything."""
        outcome = forcing.outcome_of(forced)
        run = self._records.get(self._run_id)
        everything = [*run["task_run_ids"], self._run_id]
        for run_id in everything:
            self._records.move(run_id, "RUNNING", "In run")
        if forcing.stays(forced):
            for run_id in everything:
                self._records.move(run_id, outcome.life_cycle_state, outcome.message)
            self._around.changes.announce()
            self._around.changes.wait_until(self._told_to_end)
            outcome = requested_end(self._records.get(self._run_id)) or outcome
        for run_id in run["task_run_ids"]:
            self._records.finish(run_id, outcome)
        return outcome

    def _told_to_end(self) -> bool:
        return requested_end(self._records.get(self._run_id)) is not None

    def _end(self, outcome: Outcome) -> None:
        self._records.move(self._run_id, "TERMINATING", "Terminating the run")
        self._around.changes.announce()
        self._compute.close()
        for task_run_id in self._records.get(self._run_id)["task_run_ids"]:
            self._records.finish(task_run_id, outcome)
        # Last: a run that has ended may be deleted at once, with those of its tasks.
        self._records.finish(self._run_id, outcome)
        self._around.changes.announce()
