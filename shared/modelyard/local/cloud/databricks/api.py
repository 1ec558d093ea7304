"""Routes of the REST API: every endpoint below ``/api/<version>/``, for one workspace.

The workspace answers under its host name and, the same, on plain loopback.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, read_arguments
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Cloud, Handler, Route
from modelyard.local.cloud.tokens import Principal

Answer = Callable[..., Mapping[str, Any] | Response]
"""``answer(call, **path_arguments)`` -> the JSON body of a 200, or a whole response."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VERSION = '<any("2.0", "2.1", "2.2"):version>'


class Api:
    """Makes routes of answers: checks the token, reads the arguments, writes the JSON."""

    def __init__(self, cloud: Cloud, authenticate: Callable[[Request], Principal]) -> None:
        self._host = cloud.workspace_host
        self._authenticate = authenticate

    def get(self, path: str, answer: Answer) -> Route:
        return self._endpoint(("GET",), path, answer)

    def post(self, path: str, answer: Answer) -> Route:
        return self._endpoint(("POST",), path, answer)

    def patch(self, path: str, answer: Answer) -> Route:
        return self._endpoint(("PATCH",), path, answer)

    def delete(self, path: str, answer: Answer) -> Route:
        return self._endpoint(("DELETE",), path, answer)

    def stream(self, method: str, path: str, answer: Answer) -> Route:
        """An endpoint whose body isn't JSON: only the query is read, the body is left alone."""
        return self._endpoint((method,), path, answer, read_body=False)

    def page(self, path: str, handler: Handler) -> Route:
        """A page for a browser, outside the API and without a token."""
        return Route(("GET",), self._host, path, handler, loopback=True)

    def form(self, path: str, handler: Handler) -> Route:
        """What a form is sent to without a token."""
        return Route(("POST",), self._host, path, handler, loopback=True)

    def unknown(self) -> Route:
        """Everything else below ``/api/``."""

        def handle(request: Request, rest: str) -> Response:
            self._authenticate(request)
            name = rest.partition("/")[2] or rest
            raise exceptions.endpoint_not_found(request.method, f"/{name}")

        return Route(METHODS, self._host, "/api/<path:rest>", handle, loopback=True)

    def _endpoint(
        self, methods: tuple[str, ...], path: str, answer: Answer, read_body: bool = True
    ) -> Route:
        @functools.wraps(answer)
        def handle(request: Request, version: str, **path_arguments: str) -> Response:
            principal = self._authenticate(request)
            arguments = read_arguments(request) if read_body else request.args.to_dict()
            result = answer(Call(request, principal, version, arguments), **path_arguments)
            if isinstance(result, Response):
                return result
            return json_response(result)

        return Route(methods, self._host, f"/api/{VERSION}/{path}", handle, loopback=True)


def json_response(body: Mapping[str, Any], status: int = 200) -> Response:
    """``x-databricks-org-id`` is how clients learn the workspace's id."""
    response = json_answer(body, status)
    response.headers["x-databricks-org-id"] = WORKSPACE_ID
    return response
