"""Jobs and runs as the API shows them, in its three versions.

2.0 knows one task, beside the run's own fields. 2.1 has ``tasks``. 2.2 shows everything as tasks
and pages them, a hundred at a time.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks.calls import Json
from modelyard.local.cloud.databricks.jobs import settings, states
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords
from modelyard.local.cloud.databricks.paging import page_of

ONLY_TASKS = ("tasks", "job_clusters", "parameters", "queue", "environments")
"""Fields that 2.0 doesn't have."""

PER_PAGE = 100
DURATIONS = ("setup_duration", "execution_duration", "cleanup_duration")


def job(document: Document, version: str, page_token: str = "", expand: bool = True) -> Json:
    """As ``jobs/get`` and ``jobs/list`` show it; without ``expand``, without the tasks."""
    fields = dict(document["settings"])
    fields["format"] = settings.format_of(fields)
    fields.setdefault("max_concurrent_runs", 1)
    fields.setdefault("timeout_seconds", 0)
    answer: Json = {**document, "settings": fields}
    if version == "2.0":
        for name in ONLY_TASKS:
            fields.pop(name, None)
        return answer
    if version == "2.2" and fields["format"] == "SINGLE_TASK":
        fields["tasks"] = settings.tasks_of(fields)
        for name in settings.TASK_FIELDS:
            if name != "timeout_seconds":
                fields.pop(name, None)
        fields["format"] = "MULTI_TASK"
    if not expand:
        for name in ("tasks", "job_clusters", *settings.KINDS):
            fields.pop(name, None)
    elif version == "2.2" and "tasks" in fields:
        page = page_of(fields["tasks"], PER_PAGE, page_token)
        fields["tasks"] = list(page.items)
        answer.update(page.tokens())
    return answer


class RunDescriptions:
    def __init__(self, records: RunRecords, url: str) -> None:
        """``url`` is where the pages of runs are; a browser must be able to open it."""
        self._records = records
        self._url = url

    def run(self, run: Document, version: str, page_token: str = "", expand: bool = True) -> Json:
        """A job run as ``runs/get`` and ``runs/list`` show it."""
        answer = {
            **self._shared(run, version),
            "number_in_job": run["number_in_job"],
            "original_attempt_run_id": run["run_id"],
            "run_type": run["run_type"],
            "trigger": "ONE_TIME",
            "format": run["format"],
        }
        if run["overriding_parameters"]:
            answer["overriding_parameters"] = run["overriding_parameters"]
        if run["repairs"]:
            answer["repair_history"] = self._repairs(run, version)
        attempts = self._records.attempts(run)
        if version == "2.0":
            return {**answer, **self._only_task(attempts[-1])}
        if run["job_parameters"]:
            answer["job_parameters"] = run["job_parameters"]
        if run["job_clusters"]:
            answer["job_clusters"] = run["job_clusters"]
        if "run_duration" in run:
            answer["run_duration"] = run["run_duration"]
        if not expand:
            return answer
        tasks = [self.task(attempt, version) for attempt in attempts]
        if version == "2.2":
            page = page_of(tasks, PER_PAGE, page_token)
            return {**answer, "tasks": list(page.items), **page.tokens()}
        if run["format"] == "SINGLE_TASK":
            answer.update(self._only_task(attempts[-1]))
        return {**answer, "tasks": tasks}

    def task(self, attempt: Document, version: str) -> Json:
        """A task's run, as an item of ``tasks``."""
        answer = {
            **attempt["task"],
            **self._shared(attempt, version),
            "task_key": attempt["task_key"],
            **_instance(attempt),
        }
        if "condition_task" in attempt["task"]:
            found = self._records.output(attempt["run_id"])
            outcome = {"outcome": found["condition"]} if found else {}
            answer["condition_task"] = {**attempt["task"]["condition_task"], **outcome}
        return answer

    def task_run(self, attempt: Document, version: str) -> Json:
        """A task's run, asked for by its own id: ``runs/get`` shows it as a run of one task."""
        run = self._records.get(attempt["parent_run_id"])
        answer = {
            **self._shared(attempt, version),
            "number_in_job": attempt["run_id"],
            "run_type": run["run_type"],
            "creator_user_name": run["creator_user_name"],
            "trigger": "ONE_TIME",
            "format": "SINGLE_TASK",
            **self._only_task(attempt),
        }
        if version != "2.0":
            answer["tasks"] = [self.task(attempt, version)]
        return answer

    def _shared(self, document: Document, version: str) -> Json:
        run_id, job_id = document["run_id"], document["job_id"]
        answer: Json = {
            "job_id": job_id,
            "run_id": run_id,
            "run_name": document["run_name"],
            "state": states.state_of(document),
            "start_time": document["start_time"],
            **{name: document.get(name, 0) for name in DURATIONS},
            "end_time": document.get("end_time", 0),
            "run_page_url": f"{self._url}/jobs/{job_id}/runs/{run_id}",
        }
        if "creator_user_name" in document:
            answer["creator_user_name"] = document["creator_user_name"]
        if "attempt_number" in document:
            answer["attempt_number"] = document["attempt_number"]
            answer["original_attempt_run_id"] = document["original_attempt_run_id"]
        if version != "2.0":
            answer["status"] = states.status_of(document)
        return answer

    def _only_task(self, attempt: Document) -> Json:
        """The fields of a run of one task that stand beside the run's own."""
        task = attempt["task"]
        kinds = {kind: task[kind] for kind in settings.KINDS if kind in task}
        cluster: dict[str, Any] = {
            name: task[name] for name in ("existing_cluster_id", "new_cluster") if name in task
        }
        if task.get("libraries"):
            cluster["libraries"] = task["libraries"]
        return {"task": kinds, "cluster_spec": cluster, **_instance(attempt)}

    def _repairs(self, run: Document, version: str) -> list[Json]:
        original: Json = {
            "type": "ORIGINAL",
            "start_time": run["start_time"],
            "task_run_ids": run["task_run_ids"][: len(run["tasks"])],
        }
        history = [original, *({"type": "REPAIR", **repair} for repair in run["repairs"])]
        history[-1]["state"] = states.state_of(run)
        if version != "2.0":
            history[-1]["status"] = states.status_of(run)
        if "end_time" in run:
            history[-1]["end_time"] = run["end_time"]
        return history


def _instance(attempt: Document) -> Json:
    if "cluster_id" not in attempt:
        return {}
    instance = {"cluster_id": attempt["cluster_id"]}
    if "spark_context_id" in attempt:
        instance["spark_context_id"] = attempt["spark_context_id"]
    return {"cluster_instance": instance}
