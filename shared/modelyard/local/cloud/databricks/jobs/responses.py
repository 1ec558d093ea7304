"""HTTP of job definitions (Databricks REST reference, "Jobs API" 2.0, 2.1 and 2.2)."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.jobs import descriptions
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.paging import bounded, page_of

NOT_SETTINGS = ("job_id", "access_control_list", "version")


class JobResponses:
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def create(self, call: Call) -> Json:
        wanted = _settings(dict(call.arguments))
        return {"job_id": self._jobs.create(wanted, call.principal.name, call.version)}

    def get(self, call: Call) -> Json:
        found = self._jobs.get(call.number("job_id"))
        return descriptions.job(found, call.version, call.text("page_token", ""))

    def list(self, call: Call) -> Json:
        """2.0: all jobs. 2.1 and 2.2: pages. No field at all when there are none."""
        jobs = self._jobs.all(call.text("name", "") or None)
        old = call.version == "2.0"
        limit = bounded("limit", call.number("limit", 3000 if old else 20), 1, 3000 if old else 100)
        page = page_of(jobs, limit, call.text("page_token", ""), call.number("offset", 0))
        expand = old or call.flag("expand_tasks")
        shown = [descriptions.job(found, call.version, expand=expand) for found in page.items]
        answer: Json = {"jobs": shown} if shown else {}
        if not old:
            answer.update(page.tokens(), has_more=bool(page.next_token))
        return answer

    def update(self, call: Call) -> Json:
        self._jobs.update_settings(
            call.number("job_id"),
            _settings(call.mapping("new_settings", {})),
            call.items("fields_to_remove", []),
            call.version,
        )
        return {}

    def reset(self, call: Call) -> Json:
        wanted = _settings(call.mapping("new_settings"))
        self._jobs.reset_settings(call.number("job_id"), wanted, call.version)
        return {}

    def delete(self, call: Call) -> Json:
        self._jobs.delete(call.number("job_id"))
        return {}


def _settings(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key not in NOT_SETTINGS}
