"""HTTP of runs (Databricks REST reference, "Jobs API" 2.0, 2.1 and 2.2)."""

from __future__ import annotations

from collections.abc import Callable

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.jobs import output
from modelyard.local.cloud.databricks.jobs.descriptions import RunDescriptions
from modelyard.local.cloud.databricks.jobs.engine import Engine
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords
from modelyard.local.cloud.databricks.jobs.submission import Submissions, is_active
from modelyard.local.cloud.databricks.paging import bounded, page_of

LIST_LIMITS = {"2.0": 1000, "2.1": 25, "2.2": 25}


class RunResponses:
    def __init__(
        self,
        jobs: Jobs,
        records: RunRecords,
        engine: Engine,
        submissions: Submissions,
        descriptions: RunDescriptions,
        page: Callable[[Document, Document], str],
    ) -> None:
        """``page(run, task_run)`` is the HTML page of a task's run."""
        self._jobs = jobs
        self._records = records
        self._engine = engine
        self._submissions = submissions
        self._descriptions = descriptions
        self._page = page

    def run_now(self, call: Call) -> Json:
        user = call.principal.name
        arguments = shapes.without_nulls(dict(call.arguments))
        run = self._submissions.run_now(call.number("job_id"), arguments, user)
        return {"run_id": run["run_id"], "number_in_job": run["number_in_job"]}

    def submit(self, call: Call) -> Json:
        arguments = shapes.without_nulls(dict(call.arguments))
        run = self._submissions.submit(arguments, call.principal.name, call.version)
        return {"run_id": run["run_id"]}

    def get(self, call: Call) -> Json:
        document = self._records.get(call.number("run_id"))
        if document["kind"] == "task_run":
            return self._descriptions.task_run(document, call.version)
        return self._descriptions.run(document, call.version, call.text("page_token", ""))

    def get_output(self, call: Call) -> Json:
        run_id = call.number("run_id")
        attempt = output.task_run_of(self._records, run_id, call.version)
        asked = self._records.get(run_id)
        if asked["kind"] == "task_run":
            metadata = self._descriptions.task_run(asked, call.version)
        else:
            metadata = self._descriptions.run(asked, call.version)
        result = self._records.output(attempt["run_id"])
        return {"metadata": metadata, **output.output(attempt, result)}

    def list(self, call: Call) -> Json:
        """Newest first. No field ``runs`` when there are none."""
        job_id = call.number("job_id") if call.has("job_id") else None
        if job_id is not None and not self._records.job_runs(job_id):
            self._jobs.get(job_id)
        most = LIST_LIMITS[call.version]
        limit = bounded("limit", call.number("limit", 20), 0, most) or most
        runs = [run for run in self._records.job_runs(job_id) if _wanted(run, call)]
        page = page_of(runs, limit, call.text("page_token", ""), call.number("offset", 0))
        expand = call.flag("expand_tasks")
        shown = [self._descriptions.run(run, call.version, expand=expand) for run in page.items]
        answer: Json = {"runs": shown} if shown else {}
        answer["has_more"] = bool(page.next_token)
        return {**answer, **(page.tokens() if call.version != "2.0" else {})}

    def cancel(self, call: Call) -> Json:
        self._engine.cancel(call.number("run_id"))
        return {}

    def cancel_all(self, call: Call) -> Json:
        """Of a job, or with ``all_queued_runs`` what is queued anywhere."""
        if not call.has("job_id") and not call.flag("all_queued_runs"):
            raise exceptions.missing_field("job_id")
        job_id = call.number("job_id") if call.has("job_id") else None
        if job_id is not None:
            self._jobs.get(job_id)
        queued_only = call.flag("all_queued_runs")
        for run in self._records.job_runs(job_id):
            if is_active(run) and (run["life_cycle_state"] == "QUEUED" or not queued_only):
                self._engine.cancel(run["run_id"])
        return {}

    def delete(self, call: Call) -> Json:
        run = self._records.job_run(call.number("run_id"))
        self._engine.refuse_active(run, "deleted")
        self._records.delete(run)
        return {}

    def repair(self, call: Call) -> Json:
        arguments = shapes.without_nulls(dict(call.arguments))
        repair_id = self._submissions.repair(call.number("run_id"), arguments)
        return {"repair_id": repair_id}

    def export(self, call: Call) -> Json:
        """The page of a notebook's run, as HTML."""
        attempt = output.task_run_of(self._records, call.number("run_id"), call.version)
        if "notebook_task" not in attempt["task"]:
            raise exceptions.invalid_parameter("Only runs of notebooks can be exported")
        name = str(attempt["task"]["notebook_task"]["notebook_path"]).rpartition("/")[2]
        content = self._page(self._records.get(attempt["parent_run_id"]), attempt)
        return {"views": [{"content": content, "name": name, "type": "NOTEBOOK"}]}


def _wanted(run: Document, call: Call) -> bool:
    active = is_active(run)
    if call.flag("active_only") and call.flag("completed_only"):
        raise exceptions.invalid_parameter("active_only and completed_only can't both be true")
    return (
        (active or not call.flag("active_only"))
        and (not active or not call.flag("completed_only"))
        and call.text("run_type", run["run_type"]) == run["run_type"]
        and run["start_time"] >= call.number("start_time_from", 0)
        and run["start_time"] <= call.number("start_time_to", run["start_time"])
    )
