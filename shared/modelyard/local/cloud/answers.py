"""Answers that no service gives: errors of the frame, and those that faults put in place."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.connection import BrokenConnection
from modelyard.local.cloud.faults import Rule
from modelyard.local.cloud.json_bodies import json_answer

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_CONFLICT",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The error codes of the Databricks REST API (its reference, "Error codes")."""

PAGE = """<!doctype html>
<html><head><title>Sign in to your account</title></head>
<body><p>Loading...</p></body></html>
"""


def failure(status: int, code: str, message: str) -> Response:
    """An error that clients of Databricks and of Azure both understand: each reads its own part."""
    body = {
        "error_code": code,
        "message": message,
        "error": {"code": code, "message": message, "details": []},
    }
    return json_answer(body, status)


def of_exception(error: HTTPException, request: Request) -> Response:
    """The answer that a service has prepared in its exception; JSON for werkzeug's own."""
    if type(error).__module__ != "werkzeug.exceptions" or error.response is not None:
        return error.get_response(request.environ)
    if isinstance(error, NotFound | MethodNotAllowed):
        message = f"No API found for '{request.method} {request.path}'"
        return failure(404, "ENDPOINT_NOT_FOUND", message)
    code = CODES.get(error.code or 500, error.name.upper().replace(" ", "_"))
    return failure(error.code or 500, code, error.description or error.name)


def of_rule(rule: Rule) -> Response:
    """What a rule with action ``status`` answers."""
    if rule.body is None:
        code = CODES.get(rule.status, "INTERNAL_ERROR")
        response = failure(rule.status, code, f"A fault of the local cloud (rule {rule.id}).")
    elif isinstance(rule.body, str):
        response = Response(rule.body, rule.status, mimetype="text/plain")
    else:
        response = json_answer(rule.body, rule.status)
    response.headers.update(rule.headers)
    return response


def web_page() -> Response:
    """A sign-in page with status 200, as proxies and expired sessions give it."""
    return Response(PAGE, 200, mimetype="text/html")


def cut(response: Response) -> Response:
    """The same answer, broken off in the middle of its body."""
    whole = response.get_data()
    response.close()

    def half() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        raise BrokenConnection

    headers = response.headers.copy()
    headers["Content-Length"] = str(len(whole))
    return Response(half(), response.status_code, headers)
