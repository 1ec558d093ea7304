"""What services say of tasks that wait for them: ``TaskCompleted``.

Source: Azure DevOps REST reference, "Events - Post Event", API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, text_of
from modelyard.local.cloud.service import Cloud

COLLECTION = "devops.job_events"
COMPLETED = "TaskCompleted"
NAMES = ("TaskAssigned", "TaskStarted", COMPLETED)
RESULTS = ("succeeded", "succeededWithIssues", "failed", "canceled", "skipped", "abandoned")
Json = dict[str, Any]


class JobEvents:
    """Those of every plan. A task that has completed stays as it is."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def post(self, request: Request, project: str, hub: str, plan: str) -> None:  # noqa: ARG002
        """``{"name", "jobId", "taskId", "result"}``."""
        body = body_of(request)
        name = text_of(body, "name")
        if name not in NAMES:
            raise exceptions.invalid("name", f"{name} is no event: {', '.join(NAMES)}.")
        if name != COMPLETED:
            return
        result = text_of(body, "result")
        if result not in RESULTS:
            raise exceptions.invalid("result", f"{result} is no result: {', '.join(RESULTS)}.")
        key = _key(plan, text_of(body, "jobId"), text_of(body, "taskId"))
        with self._cloud.store.lock:
            if self._cloud.store.get(COLLECTION, key) is None:
                self._cloud.store.put(COLLECTION, key, {"result": result})

    def get(self, _request: Request, plan: str, job: str, task: str) -> Json:
        """For the runner: ``{"result"}``, empty as long as nobody has said anything."""
        found = self._cloud.store.get(COLLECTION, _key(plan, job, task))
        return found or {"result": ""}

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


def _key(plan: str, job: str, task: str) -> str:
    return "/".join((plan, job, task)).lower()
