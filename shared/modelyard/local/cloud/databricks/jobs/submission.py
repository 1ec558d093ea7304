"""How runs come to be: run-now, submit and repair, each at most once for an idempotency token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.jobs import graph, parameters, settings, states
from modelyard.local.cloud.databricks.jobs.engine import Engine
from modelyard.local.cloud.databricks.jobs.forcing import Forced
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords

TOKEN_LENGTH = 64
RUN_NOW = {"job_parameters": {}, "queue": {"enabled": bool}, "idempotency_token": str}
REPAIR = {
    "rerun_tasks": [str],
    **dict.fromkeys(("rerun_all_failed_tasks", "rerun_dependent_tasks"), bool),
}


class Submissions:
    def __init__(self, jobs: Jobs, records: RunRecords, engine: Engine, forced: Forced) -> None:
        self._jobs = jobs
        self._records = records
        self._engine = engine
        self._forced = forced

    def run_now(self, job_id: int, arguments: Mapping[str, Any], user: str) -> Document:
        """A run of a job, with ``job_parameters``, ``notebook_params`` or ``python_params``."""
        shapes.check(arguments, RUN_NOW)
        job = self._jobs.get(job_id)
        fields = job["settings"]
        declared = fields.get("parameters", [])
        given = arguments.get("job_parameters", {})
        overriding = parameters.overriding(arguments, declared)
        values = parameters.job_parameters(declared, given)
        limit = int(fields.get("max_concurrent_runs", 1))
        queue = arguments.get("queue") or fields.get("queue", {})

        def make() -> Document:
            number = len(self._records.job_runs(job_id)) + 1
            run = self._add(
                fields,
                job_id=job_id,
                number_in_job=number,
                run_name=fields["name"],
                run_type="JOB_RUN",
                creator_user_name=user,
                overriding_parameters=overriding,
                job_parameters=values,
                max_concurrent_runs=limit,
            )
            self._engine.admit(run["run_id"], limit, bool(queue.get("enabled")))
            return self._records.get(run["run_id"])

        return self._once(f"job-{job_id}", arguments.get("idempotency_token"), make)

    def submit(self, arguments: Mapping[str, Any], user: str, version: str) -> Document:
        """A run that belongs to no job."""

        shapes.check(arguments, {"idempotency_token": str})

        def make() -> Document:
            fields = self._jobs.checked(dict(arguments), version)
            run = self._add(
                fields,
                job_id=self._jobs.new_id(),
                number_in_job=1,
                run_name=str(fields.get("run_name") or "Untitled"),
                run_type="SUBMIT_RUN",
                creator_user_name=user,
                overriding_parameters={},
                job_parameters=parameters.job_parameters(fields.get("parameters", []), {}),
                max_concurrent_runs=1,
            )
            self._engine.admit(run["run_id"], 1, queue=False)
            return self._records.get(run["run_id"])

        return self._once("submit", arguments.get("idempotency_token"), make)

    def repair(self, run_id: int, arguments: Mapping[str, Any]) -> int:
        """Run tasks of an ended job run again; returns the id of the repair."""
        shapes.check(arguments, REPAIR)
        with self._records.lock:
            run = self._records.get(run_id)
            self._engine.refuse_active(run, "repaired")
            last = run["repairs"][-1]["id"] if run["repairs"] else None
            if last is not None and arguments.get("latest_repair_id") != last:
                raise exceptions.invalid_parameter(
                    f"latest_repair_id must be {last}, the id of the latest repair"
                )
            keys = self._to_repair(run, arguments)
            repair_id = self._records.new_id()
            attempts = [
                self._records.add_attempt(run_id, task)["run_id"]
                for task in run["tasks"]
                if task["task_key"] in keys
            ]
            repair = {"id": repair_id, "start_time": self._records.now(), "task_run_ids": attempts}
            given = parameters.overriding(arguments, run["job_parameters"])
            self._records.reopen(
                run_id,
                repairs=[*run["repairs"], repair],
                overriding_parameters={**run["overriding_parameters"], **given},
            )
            self._engine.resume(run_id)
        return repair_id

    def _to_repair(self, run: Document, arguments: Mapping[str, Any]) -> set[str]:
        known = {task["task_key"] for task in run["tasks"]}
        keys = {str(key) for key in arguments.get("rerun_tasks") or []}
        if keys - known:
            raise exceptions.invalid_parameter(
                f"Run {run['run_id']} has no task {', '.join(sorted(keys - known))}."
            )
        if arguments.get("rerun_all_failed_tasks"):
            outcomes = {
                key: self._records.outcome(task) for key, task in self._records.latest(run).items()
            }
            keys |= {key for key, found in outcomes.items() if found and not found.succeeded}
        if not keys:
            raise exceptions.invalid_parameter(
                "Nothing to repair: give rerun_tasks, or rerun_all_failed_tasks for a run that "
                "has failed tasks."
            )
        if arguments.get("rerun_dependent_tasks"):
            keys = graph.downstream(run["tasks"], keys)
        return keys

    def _add(self, fields: Mapping[str, Any], **facts: Any) -> Document:
        document: Document = {
            "run_id": self._records.new_id(),
            "format": settings.format_of(dict(fields)),
            "tasks": settings.tasks_of(dict(fields)),
            "job_clusters": fields.get("job_clusters", []),
            "timeout_seconds": int(fields.get("timeout_seconds", 0)),
            "life_cycle_state": "PENDING",
            "state_message": "",
            **facts,
        }
        forced = self._forced.take()
        if forced is not None:
            document["forced"] = forced
        return self._records.add(document)

    def _once(self, scope: str, token: Any, make: Callable[[], Document]) -> Document:
        """The run of a token, or a new one."""
        if not token:
            return make()
        if len(token) > TOKEN_LENGTH:
            raise exceptions.invalid_parameter(
                f"idempotency_token must have at most {TOKEN_LENGTH} characters"
            )
        with self._records.lock:
            before = self._records.of_token(scope, token)
            if before is not None:
                return self._records.get(before)
            run = make()
            self._records.remember_token(scope, token, run["run_id"])
            return run


def is_active(run: Document) -> bool:
    return run["life_cycle_state"] in states.ACTIVE
