"""What ``runs/get-output`` and ``runs/export`` tell of a task's run."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Json
from modelyard.local.cloud.databricks.jobs import settings
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords

LIMIT = 5 * 1024 * 1024
"""Bytes of a result or of logs that are handed out."""

SEVERAL_TASKS = (
    "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the "
    "output of each individual task run instead."
)


def task_run_of(records: RunRecords, run_id: int, version: str) -> Document:
    """The task's run that an id means. 2.1 and 2.2 refuse the run of a job with tasks, even with
    one; 2.0, and a run without a list of tasks, mean the only one."""
    document = records.get(run_id)
    if document["kind"] == "task_run":
        return document
    old = version == "2.0" and len(document["tasks"]) == 1
    if document["format"] == "MULTI_TASK" and not old:
        raise exceptions.invalid_parameter(SEVERAL_TASKS)
    return records.attempts(document)[-1]


def output(attempt: Document, result: dict[str, Any]) -> Json:
    """The output fields of ``runs/get-output``; ``result`` is a NotebookResult as JSON."""
    answer: Json = {}
    kind = settings.kind_of(attempt["task"])
    if kind == "notebook_task":
        answer["notebook_output"] = _exit_value(result)
    if kind == "spark_python_task" and result.get("logs"):
        # As in the service: what notebooks print is in their cells, on the run's page.
        text, truncated = _cut(result["logs"], from_end=True)
        answer["logs"] = text
        answer["logs_truncated"] = truncated
    if result.get("error"):
        answer["error"] = result["error"]
    elif attempt["life_cycle_state"] == "INTERNAL_ERROR" and attempt["state_message"]:
        answer["error"] = attempt["state_message"]
    if result.get("traceback"):
        answer["error_trace"] = result["traceback"]
    return answer


def _exit_value(result: dict[str, Any]) -> Json:
    value = result.get("exit_value")
    if value is None:
        return {}
    text, truncated = _cut(str(value))
    return {"result": text, "truncated": truncated or bool(result.get("truncated"))}


def _cut(text: str, from_end: bool = False) -> tuple[str, bool]:
    data = text.encode()
    if len(data) <= LIMIT:
        return text, False
    part = data[-LIMIT:] if from_end else data[:LIMIT]
    return part.decode(errors="ignore"), True
