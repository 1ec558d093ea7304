"""One attempt of one task: get a cluster, run the code, say truthfully how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.changes import Changes
from modelyard.local.cloud.databricks.clusters.lifecycle import Lifecycle
from modelyard.local.cloud.databricks.clusters.records import USABLE, Records
from modelyard.local.cloud.databricks.drivers import NoDriver, Run
from modelyard.local.cloud.databricks.jobs import parameters, settings, states
from modelyard.local.cloud.databricks.jobs.compute import Compute
from modelyard.local.cloud.databricks.jobs.conditions import holds
from modelyard.local.cloud.databricks.jobs.ending import Ended, Watch
from modelyard.local.cloud.databricks.jobs.records import RunRecords
from modelyard.local.cloud.databricks.jobs.states import Outcome
from modelyard.local.cloud.databricks.libraries.models import Libraries
from modelyard.local.cloud.databricks.tokens.models import WorkspaceTokens
from modelyard.local.cloud.databricks.workspace.models import Workspace
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult

WAIT_SECONDS = 0.2
"""How often a running task looks whether it has to end."""

LOST_LIMIT = 25
"""How many such looks the cluster gets to say why its driver is gone."""


@dataclass(frozen=True)
class Surroundings:
    """What tasks need of the workspace."""

    records: RunRecords
    changes: Changes
    clusters: Records
    lifecycle: Lifecycle
    libraries: Libraries
    workspace: Workspace
    tokens: WorkspaceTokens
    environment: Callable[[str, str], Mapping[str, str]]
    """``environment(token, notebook_path)``: the variables of a run."""
    task_values: Path
    """The folder of ``dbutils.jobs.taskValues``: ``<job run id>.json``."""


class TaskAttempt:
    """The run of a task. :meth:`work` blocks until it has ended."""

    def __init__(self, around: Surroundings, compute: Compute, task_run: dict[str, Any]) -> None:
        self._around = around
        self._compute = compute
        self._task_run = task_run
        self._task = task_run["task"]
        self._run_id = int(task_run["run_id"])
        self._watch = Watch(around.records, around.changes, task_run)

    def work(self) -> Outcome:
        """Do the task; returns how it ended. Its record is then TERMINATING."""
        try:
            self._watch.check()
            if settings.kind_of(self._task) == "condition_task":
                return self._decide()
            return self._on_cluster()
        except Ended as ended:
            return ended.outcome
        except exceptions.ApiError as error:
            # What the workspace refuses now, though it was there before: a deleted cluster.
            return states.internal_error("CLUSTER_ERROR", error.message)

    def _decide(self) -> Outcome:
        self._move("RUNNING")
        fields = self._task["condition_task"]
        values = self._references()
        left, right = (parameters.resolved(str(fields[k]), values) for k in ("left", "right"))
        answer = holds(fields["op"], left, right)
        if answer is None:
            raise Ended(
                states.internal_error(
                    "INVALID_RUN_CONFIGURATION", f"{left!r} and {right!r} are not both numbers"
                )
            )
        self._around.records.put_output(self._run_id, {"condition": str(answer).lower()})
        return states.success()

    def _on_cluster(self) -> Outcome:
        self._move("PENDING", "Waiting for cluster")
        cluster_id = self._compute.cluster_for(self._task_run)
        self._around.records.update(self._run_id, cluster_id=cluster_id)
        try:
            self._compute.make_ready(cluster_id, self._task.get("libraries", []), self._watch)
            return self._with_driver(cluster_id)
        finally:
            self._move("TERMINATING", "Terminating the run")
            self._compute.finished(self._task_run, cluster_id)

    def _with_driver(self, cluster_id: str) -> Outcome:
        around = self._around
        user = around.records.job_run(self._run_id)["creator_user_name"]
        token_id, token = around.tokens.create_for_run(user, self._run_id)
        try:
            request = self._request(cluster_id, token)
            generation = around.clusters.get(cluster_id)["generation"]
            try:
                run = around.lifecycle.drivers.run(cluster_id, request)
            except NoDriver:
                raise Ended(self._compute.unexpected_end(cluster_id)) from None
            self._move("RUNNING", "In run")
            around.records.update(self._run_id, spark_context_id=str(generation))
            try:
                result = self._wait(run)
            finally:
                around.lifecycle.run_ended(cluster_id, run)
            around.records.put_output(self._run_id, result.to_json())
            return self._judged(result, cluster_id, generation)
        finally:
            around.tokens.revoke_for_run(token_id)

    def _wait(self, run: Run) -> NotebookResult:
        """The result; after a cancel or a time-out that of the cancelled run, as Ended."""
        while True:
            result = run.wait(WAIT_SECONDS)
            if result is not None:
                return result
            try:
                self._watch.check()
            except Ended:
                self._move("TERMINATING", "Terminating the run")
                run.cancel()
                left = run.wait()
                if left is not None:
                    self._around.records.put_output(self._run_id, left.to_json())
                raise

    def _judged(self, result: NotebookResult, cluster_id: str, generation: int) -> Outcome:
        if result.status == "driver_lost":
            return self._lost(cluster_id, generation)
        return {
            "success": states.success(),
            "failed": states.failed(),
            "canceled": states.canceled(),
            "timed_out": states.timed_out(int(self._task.get("timeout_seconds", 0))),
        }[result.status]

    def _lost(self, cluster_id: str, generation: int) -> Outcome:
        """The driver is gone: its cluster soon says why, unless this run had to end anyway."""
        looks = 0

        def told() -> bool:
            nonlocal looks
            looks += 1
            document = self._around.clusters.find(cluster_id)
            usable = document is not None and document["state"] in USABLE
            moved_on = document is not None and document["generation"] != generation
            return not usable or moved_on or looks > LOST_LIMIT

        self._watch.wait_until(told)
        document = self._around.clusters.find(cluster_id)
        if document is not None and document["generation"] != generation:
            message = f"Cluster {cluster_id} was restarted during the run"
            return states.internal_error("CLUSTER_ERROR", message)
        return self._compute.unexpected_end(cluster_id)

    def _request(self, cluster_id: str, token: str) -> NotebookRequest:
        run = self._around.records.job_run(self._run_id)
        values = self._references()
        is_notebook = settings.kind_of(self._task) == "notebook_task"
        if is_notebook:
            path = str(self._task["notebook_task"]["notebook_path"])
            self._check_notebook(path)
        else:
            path = str(self._task["spark_python_task"]["python_file"])
        return NotebookRequest(
            run_id=self._run_id,
            notebook_path=path,
            parameters=parameters.of_notebook(self._task, run, values) if is_notebook else {},
            environment=self._around.environment(token, path),
            kind="notebook" if is_notebook else "python",
            arguments=() if is_notebook else parameters.of_script(self._task, run, values),
            python=self._around.libraries.python(cluster_id),
            context={
                "job_id": str(run["job_id"]),
                "job_run_id": str(run["run_id"]),
                "task_key": self._task_run["task_key"],
                "cluster_id": cluster_id,
            },
        )

    def _check_notebook(self, path: str) -> None:
        try:
            found = self._around.workspace.get(path)["object_type"] == "NOTEBOOK"
        except exceptions.ApiError:
            found = False
        if not found:
            message = (
                f'Unable to access the notebook "{path}". Either it does not exist, or the '
                "identity used to run this job lacks the required permissions."
            )
            raise Ended(states.internal_error("RESOURCE_NOT_FOUND", message))

    def _references(self) -> dict[str, str]:
        run = self._around.records.job_run(self._run_id)
        results = {
            key: str(task["result_state"])
            for key, task in self._around.records.latest(run).items()
            if task.get("result_state")
        }
        file = self._around.task_values / f"{run['run_id']}.json"
        task_values = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return parameters.references(run, self._task_run, results, task_values)

    def _move(self, state: str, message: str = "") -> None:
        """To another state; the job run is PENDING until one of its tasks runs."""
        records = self._around.records
        with records.lock:
            records.move(self._run_id, state, message)
            parent = records.get(self._task_run["parent_run_id"])
            if parent["life_cycle_state"] == "PENDING" and state in ("PENDING", "RUNNING"):
                records.move(parent["run_id"], state, message)
        self._around.changes.announce()
