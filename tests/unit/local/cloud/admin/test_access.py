"""The key of the cloud's own interface, whichever service a route belongs to."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.admin import access
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.service import Route

KEY = "the-key"


def ask(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Response:
    def echo(request: Request, **arguments: str) -> Response:
        return Response(f"{request.path} {arguments}")

    paths = ("/modelyard/status", "/modelyard/faults/<rule>", "/modelyard/databricks/next-run")
    others = ("/modelyard/endpoints", "/modelyard/endpoints/<name>", "/endpoints", "/api/<x>")
    similar = ("/modelyard/endpoints-too", "/modelyard")
    routes = [Route(("GET", "PUT"), "127.0.0.1", path, echo) for path in paths + others + similar]
    builder = EnvironBuilder(path, "http://127.0.0.1:8123", method=method, headers=headers)
    return Router(access.guarded(routes, KEY)).dispatch(builder.get_request(Request))


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "/modelyard",
        "/modelyard/status",
        "/modelyard/status/",
        "/modelyard/%73tatus",
        "/modelyard/faults/1",
        "/modelyard/databricks/next-run",
        "/modelyard/endpoints-too",
    ],
)
@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "needs its key"),
        ({"Authorization": "Bearer"}, "needs its key"),
        ({"Authorization": f"Basic {KEY}"}, "needs its key"),
        ({"Authorization": "Basic dTp0aGUta2V5"}, "needs its key"),
        ({"Authorization": "Bearer other"}, "is not the key"),
        ({"Authorization": "Bearer \xe9"}, "is not the key"),
        ({"Authorization": "Bearer the-key2"}, "is not the key"),
    ],
)
def test_without_it_the_answer_is_401(
    method: str, path: str, headers: dict[str, str], reason: str
) -> None:
    answer = ask(path, headers, method)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert reason in answer.get_json()["message"]
    assert KEY not in answer.get_data(as_text=True)


def test_with_it_the_handler_answers() -> None:
    answer = ask("/modelyard/faults/7", access.headers(KEY))
    assert answer.get_data(as_text=True) == "/modelyard/faults/7 {'rule': '7'}"


@pytest.mark.parametrize(
    "path", ["/modelyard/endpoints", "/modelyard/endpoints/wine", "/endpoints", "/api/x"]
)
def test_what_checks_tokens_of_its_own_is_left_alone(path: str) -> None:
    assert ask(path).status_code == 200
