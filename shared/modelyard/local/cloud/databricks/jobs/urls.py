"""Where the jobs API answers, and the switch for tests."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.api import Api, json_response
from modelyard.local.cloud.databricks.calls import read_arguments
from modelyard.local.cloud.databricks.jobs.forcing import Forced
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.jobs.responses import JobResponses
from modelyard.local.cloud.databricks.jobs.run_responses import RunResponses
from modelyard.local.cloud.service import Route

NEXT_RUN = "/modelyard/databricks/next-run"


def routes(api: Api, jobs: Jobs, runs: RunResponses, forced: Forced) -> Sequence[Route]:
    answers = JobResponses(jobs)
    return [
        api.post("jobs/create", answers.create),
        api.get("jobs/get", answers.get),
        api.get("jobs/list", answers.list),
        api.post("jobs/update", answers.update),
        api.post("jobs/reset", answers.reset),
        api.post("jobs/delete", answers.delete),
        api.post("jobs/run-now", runs.run_now),
        api.post("jobs/runs/submit", runs.submit),
        api.get("jobs/runs/get", runs.get),
        api.get("jobs/runs/get-output", runs.get_output),
        api.get("jobs/runs/list", runs.list),
        api.post("jobs/runs/cancel", runs.cancel),
        api.post("jobs/runs/cancel-all", runs.cancel_all),
        api.post("jobs/runs/delete", runs.delete),
        api.post("jobs/runs/repair", runs.repair),
        api.get("jobs/runs/export", runs.export),
        _next_run(forced),
    ]


def _next_run(forced: Forced) -> Route:
    def handle(request: Request) -> Response:
        # A web page can't send this type to another origin, so it can't use the switch.
        if request.mimetype != "application/json":
            raise exceptions.malformed("The body must be sent as application/json")
        return json_response(forced.add(read_arguments(request)))

    return Route(("POST",), "127.0.0.1", NEXT_RUN, handle)
