"""From a request to its answer: crashes, faults before and after the effect, and the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.exceptions import Conflict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from modelyard.clock import FakeClock
from modelyard.local.cloud.connection import BrokenConnection
from modelyard.local.cloud.dispatch import Dispatcher
from modelyard.local.cloud.faults import Faults, Rule
from modelyard.local.cloud.requests_log import RequestsLog
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.service import Route

HOST = "adb-1.azuredatabricks.net"


class Counter:
    """A small service: POST counts up, GET tells."""

    def __init__(self) -> None:
        self.count = 0

    def routes(self) -> list[Route]:
        return [
            Route(("POST",), HOST, "/count", self.up),
            Route(("GET",), HOST, "/count", self.tell),
            Route(("GET",), HOST, "/crash", self.crash),
            Route(("GET",), HOST, "/refuse", self.refuse),
            Route(("POST",), HOST, "/json", self.json),
            Route(("GET",), "127.0.0.1", "/modelyard/status", self.tell),
        ]

    def up(self, request: Request) -> Response:
        self.count += 1
        return self.tell(request)

    def tell(self, request: Request) -> Response:
        return Response(json.dumps({"count": self.count}), mimetype="application/json")

    def crash(self, request: Request) -> Response:
        raise ZeroDivisionError("a bug")

    def refuse(self, request: Request) -> Response:
        raise Conflict("it is there already")

    def json(self, request: Request) -> Response:
        return Response(str(request.get_json()))


class Setup:
    def __init__(self, log: Path) -> None:
        self.service = Counter()
        self.faults = Faults()
        self.requests = RequestsLog(log)
        self.dispatcher = Dispatcher(
            Router(self.service.routes()), self.faults, self.requests, FakeClock()
        )

    def ask(self, method: str, path: str, host: str = HOST, data: str | None = None) -> Response:
        builder = EnvironBuilder(
            path, f"https://{host}", method=method, data=data, content_type="application/json"
        )
        return self.dispatcher(builder.get_request(Request))

    def count(self) -> int:
        return int(self.ask("GET", "/count").get_json()["count"])


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    made = Setup(tmp_path / "requests.jsonl")
    yield made
    made.requests.close()


def test_a_crash_is_a_500_that_is_remembered(
    setup: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    answer = setup.ask("GET", "/crash")
    assert answer.status_code == 500
    assert "ZeroDivisionError at GET" in answer.get_json()["message"]
    assert setup.dispatcher.failures == [f"ZeroDivisionError at GET {HOST}/crash: a bug"]
    assert "Traceback" in caplog.text


def test_an_unknown_path_is_no_crash(setup: Setup) -> None:
    answer = setup.ask("DELETE", "/count")
    assert answer.status_code == 404
    assert answer.get_json()["error_code"] == "ENDPOINT_NOT_FOUND"
    assert answer.get_json()["error"]["details"] == []
    assert setup.dispatcher.failures == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/refuse", 409, "RESOURCE_CONFLICT"), ("POST", "/json", 400, "BAD_REQUEST")],
)
def test_errors_of_handlers_are_json(
    setup: Setup, method: str, path: str, status: int, code: str
) -> None:
    answer = setup.ask(method, path, data="{")
    assert (answer.status_code, answer.get_json()["error_code"]) == (status, code)


def test_a_status_before_the_effect(setup: Setup) -> None:
    setup.faults.add(Rule("status", method="POST", status=429, headers={"Retry-After": "7"}))
    answer = setup.ask("POST", "/count")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.get_json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert setup.count() == 0


def test_a_status_after_the_effect(setup: Setup) -> None:
    setup.faults.add(Rule("status", method="POST", status=503, when="after", body={"a": 1}))
    answer = setup.ask("POST", "/count")
    assert (answer.status_code, answer.get_json()) == (503, {"a": 1})
    assert setup.count() == 1


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_broken_connection(setup: Setup, when: str, count: int) -> None:
    setup.faults.add(Rule("reset", method="POST", when=when))
    with pytest.raises(BrokenConnection):
        setup.ask("POST", "/count")
    assert setup.count() == count
    assert setup.requests.entries(method="POST")[0].status == 0


def test_an_answer_that_is_cut(setup: Setup) -> None:
    setup.faults.add(Rule("cut", method="POST", when="after"))
    answer = setup.ask("POST", "/count")
    stream = iter(answer.response)
    assert answer.headers["Content-Length"] == str(len('{"count": 1}'))
    assert next(stream) == b'{"coun'
    with pytest.raises(BrokenConnection):
        next(stream)


def test_a_web_page_instead_of_json(setup: Setup) -> None:
    setup.faults.add(Rule("html"))
    answer = setup.ask("GET", "/count")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_a_stale_read_shows_what_the_last_one_did(setup: Setup) -> None:
    assert setup.count() == 0
    setup.ask("POST", "/count")
    setup.faults.add(Rule("stale"))
    assert setup.count() == 0
    assert setup.count() == 1


def test_a_spoilt_answer_is_not_what_a_stale_read_repeats(setup: Setup) -> None:
    setup.count()
    setup.faults.add(Rule("html"))
    setup.ask("GET", "/count")
    setup.faults.add(Rule("stale"))
    assert setup.count() == 0


def test_a_delay_ends_with_the_cloud(setup: Setup) -> None:
    setup.faults.add(Rule("delay", seconds=3600))
    setup.dispatcher.stop()
    assert setup.count() == 0


def test_the_log_has_neither_query_nor_headers_nor_body(setup: Setup, tmp_path: Path) -> None:
    rule = setup.faults.add(Rule("status", path="/count", method="POST"))
    setup.ask("POST", "/count?sig=geheim", data='"geheim"')
    text = (tmp_path / "requests.jsonl").read_text()
    assert "geheim" not in text
    assert json.loads(text) | {"ms": 0} == {
        "time": FakeClock().time(),
        "method": "POST",
        "host": HOST,
        "path": "/count",
        "status": 500,
        "ms": 0,
        "fault": rule.id,
        "fields": None,
    }


def test_the_clouds_own_interface_has_no_faults_and_no_log(setup: Setup) -> None:
    setup.faults.add(Rule("reset", times=None))
    assert setup.ask("GET", "/modelyard/status", host="127.0.0.1:80").status_code == 200
    assert setup.requests.entries() == []
