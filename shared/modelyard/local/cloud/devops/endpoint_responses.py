"""HTTP of service connections."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops.answering import body_of
from modelyard.local.cloud.devops.endpoints import Endpoints, shown

Json = dict[str, Any]


class EndpointResponses:
    """The answers."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def list(self, request: Request, project: str) -> list[Json]:
        """By ``endpointNames``, separated by commas; without it all."""
        wanted = [one for one in request.args.get("endpointNames", "").lower().split(",") if one]
        return [
            shown(one)
            for one in self._endpoints.of_project(project)
            if not wanted or one["name"].lower() in wanted
        ]

    def get(self, _request: Request, project: str, endpoint: str) -> Json | None:
        found = self._endpoints.get(project, endpoint)
        return shown(found) if found else None

    def add(self, request: Request) -> Json:
        return shown(self._endpoints.add(body_of(request)))

    def change(self, request: Request, endpoint: str) -> Json:
        return shown(self._endpoints.change(endpoint, body_of(request)))
