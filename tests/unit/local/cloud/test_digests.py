"""What the request log tells of a body and a query: equal for equal ones, and never a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from modelyard.clock import FakeClock
from modelyard.local.cloud import digests
from modelyard.local.cloud.dispatch import Dispatcher
from modelyard.local.cloud.faults import Faults, Rule
from modelyard.local.cloud.requests_log import Entry, RequestsLog
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.service import Route

KEY = b"a key of the test"
HOST = "adb-1.azuredatabricks.net"
FORM = "application/x-www-form-urlencoded"

Ask = Callable[..., Entry]


def echo(request: Request) -> Response:
    return Response(request.get_data())


def deaf(_request: Request) -> Response:
    return Response(status=403)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def ask(tmp_path: Path, faults: Faults) -> Iterator[Ask]:
    router = Router([Route(("POST",), HOST, "/echo", echo), Route(("POST",), HOST, "/deaf", deaf)])
    log = RequestsLog(tmp_path / "requests.jsonl")

    def one(
        body: Any = b"", *, path: str = "/echo", key: bytes | None = KEY, mimetype: str = "text/x"
    ) -> Entry:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        builder = EnvironBuilder(
            path, f"https://{HOST}", method="POST", data=data, content_type=mimetype
        )
        answer = Dispatcher(router, faults, log, FakeClock(), key)(builder.get_request(Request))
        assert answer.status_code != 200 or answer.get_data() == data  # the handler got all of it
        return log.entries()[-1]

    yield one
    log.close()


def fields(entry: Entry) -> dict[str, str]:
    assert entry.fields is not None
    return dict(entry.fields)


def test_every_field_of_a_body_and_a_query_has_a_digest(ask: Ask) -> None:
    body = {"name": "x", "tags": {"a": 1, "b": []}, "runs": [{"id": 7}, None]}
    entry = ask(body, path="/echo?dry=true&id=1&id=2&none=")
    names = ["?dry[0]", "?id[0]", "?id[1]", "?none[0]"]
    assert list(fields(entry)) == [*names, "name", "runs[0].id", "runs[1]", "tags.a", "tags.b"]


def test_only_the_order_and_blanks_of_json_make_no_difference(ask: Ask) -> None:
    first = ask(b'{"a": 1, "b": {"c": "x", "d": true}}')
    assert ask(b'{"b":{"d":true,"c":"\\u0078"},"a":1}').fields == first.fields
    for other in ({"c": "y", "d": True}, {"c": "x", "d": "true"}, {"c": "x", "d": 1}):
        assert ask({"a": 1, "b": other}).fields != first.fields


def test_one_other_value_changes_one_digest(ask: Ask) -> None:
    first, second = fields(ask({"a": 1, "b": 2})), fields(ask({"a": 1, "b": 3}))
    assert {name for name in first if first[name] != second[name]} == {"b"}


def test_a_form_has_fields_too(ask: Ask) -> None:
    assert list(fields(ask(b"grant_type=x&client_secret=y", mimetype=FORM))) == [
        "client_secret[0]", "grant_type[0]"
    ]  # fmt: skip


def test_what_parts_a_form_with_files_makes_no_difference(ask: Ask) -> None:
    def sent(boundary: str, content: str = "1") -> dict[str, str]:
        parts = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="path"\r\n\r\n/Shared/x\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="content"'
            f"\r\n\r\n{content}\r\n--{boundary}--\r\n"
        )
        mimetype = f"multipart/form-data; boundary={boundary}"
        return fields(ask(parts.encode(), mimetype=mimetype))

    assert list(sent("one")) == ["content[0]", "path[0]"]
    assert sent("one") == sent("another")
    assert sent("one")["content[0]"] != sent("one", "2")["content[0]"]


@pytest.mark.parametrize("body", [b"a wheel \xff\x00", b'"one text"', b"[" * 100_000])
def test_another_body_has_one_digest(ask: Ask, body: bytes) -> None:
    assert list(fields(ask(body))) == [digests.WHOLE]
    assert ask(body).fields == ask(body).fields
    assert ask(body).fields != ask(body + b" x").fields


def test_a_large_body_has_one_digest_of_all_of_it(ask: Ask) -> None:
    large = {"a": "x" * digests.LARGEST_PARSED}
    first = fields(ask(large, path="/echo?q=1"))
    assert list(first) == ["?q[0]", digests.WHOLE]
    assert fields(ask({"a": large["a"] + "y"})) != first


def test_a_body_that_the_handler_did_not_read_is_told_as_well(ask: Ask) -> None:
    assert ask({"a": 1}, path="/deaf").fields == ask({"a": 1}).fields


def test_a_request_without_an_answer_tells_nothing(ask: Ask, faults: Faults) -> None:
    faults.add(Rule("status", method="POST", status=503))
    assert list(fields(ask({"a": 1}))) == ["a"]
    assert ask().fields == {}


def test_no_value_is_in_the_log_and_none_can_be_guessed(ask: Ask, tmp_path: Path) -> None:
    entry = ask({"password": "1234"}, path="/echo?token=5678")
    text = (tmp_path / "requests.jsonl").read_text()
    assert "1234" not in text
    assert "5678" not in text
    assert ask({"password": "1234"}, path="/echo?token=5678", key=b"another").fields != entry.fields
    same = fields(ask({"a": "1234", "b": "1234"}))
    assert same["a"] != same["b"]  # nor is it told that two fields hold the same


def test_without_a_key_nothing_is_told(ask: Ask) -> None:
    assert asdict(ask({"a": 1}, key=None))["fields"] is None
