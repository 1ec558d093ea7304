"""Where the pages are. They need no token: they can be reached from this machine only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.pages.lists import ListPages
from modelyard.local.cloud.databricks.pages.markup import document, response, tag
from modelyard.local.cloud.databricks.pages.runs import RunPages
from modelyard.local.cloud.service import Handler, Route


def routes(api: Api, lists: ListPages, runs: RunPages) -> Sequence[Route]:
    return [
        api.page("/jobs", _page(lists.jobs)),
        api.page("/jobs/<int:job_id>", _page(lists.job)),
        api.page("/jobs/<int:job_id>/runs/<int:run_id>", _page(runs.page)),
        api.page("/compute", _page(lists.clusters)),
        api.page("/compute/clusters/<cluster_id>", _page(lists.cluster)),
    ]


def _page(make: Callable[..., str]) -> Handler:
    """A page that says so where there is nothing to show."""

    def handle(_: Request, **arguments: str) -> Response:
        try:
            return response(make(**arguments))
        except exceptions.ApiError as error:
            return response(
                document("Not found", [tag("h1", "Not found"), tag("p", error.message)]), 404
            )

    return handle
