"""What werkzeug's request makes of a request line."""

from __future__ import annotations

import io
from email.message import Message
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.wrappers import Request

from modelyard.local.cloud.environ import wsgi_environ


def request(path: str, authority: str = "h:8080", *, tls: bool = False, **headers: str) -> Request:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    connection: Any = SimpleNamespace(
        command="GET",
        path=path,
        headers=message,
        request_version="HTTP/1.1",
        client_address=("127.0.0.1", 1),
    )
    return Request(wsgi_environ(connection, authority, io.BytesIO(), tls=tls))


@pytest.mark.parametrize(
    ("made", "url"),
    [
        (request("/a?b=c"), "http://h:8080/a?b=c"),
        (request("http://h:8080/a?b=c"), "http://h:8080/a?b=c"),
        (request("http://h/a", "h"), "http://h/a"),
        (request("https://h/a", "h"), "https://h/a"),
        (request("/a", "h", tls=True), "https://h/a"),
        (request("/a//b", "h"), "http://h/a//b"),
        (request("/a%20b/%C3%A9", "h"), "http://h/a%20b/é"),
    ],
)
def test_the_url_is_what_the_client_meant(made: Request, url: str) -> None:
    assert made.url == url


def test_the_host_header_does_not_overrule_the_tunnel() -> None:
    assert request("/a", "real.example", tls=True, Host="other.example").host == "real.example"


def test_headers_arrive_and_repeated_ones_are_joined() -> None:
    made = request("/", Content_Type="text/plain", X_Thing="1", x_thing="2")
    assert made.content_type == "text/plain"
    assert made.headers["X-Thing"] == "1,2"


def test_the_raw_path_is_kept_for_handlers_that_pass_it_on() -> None:
    assert request("/a%2Fb?c=%2F").environ["RAW_URI"] == "/a%2Fb?c=%2F"
