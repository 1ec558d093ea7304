"""Host and path to handler."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.routing import Router, host_name
from modelyard.local.cloud.service import Handler, Route


def say(text: str) -> Handler:
    def handler(request: Request, **arguments: str) -> Response:
        return Response(f"{text} {arguments}" if arguments else text)

    return handler


def ask(router: Router, url: str, method: str = "GET") -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    builder = EnvironBuilder(path=slash + path, base_url=f"{scheme}://{host}", method=method)
    builder.environ_overrides = {"RAW_URI": slash + path}
    return router.dispatch(builder.get_request(Request)).get_data(as_text=True)


ROUTER = Router(
    [
        Route(("GET",), "*.blob.core.windows.net", "/<path:name>", say("any blob")),
        Route(("GET",), "mine.blob.core.windows.net", "/<path:name>", say("my blob")),
        Route(("GET", "POST"), "adb-1.azuredatabricks.net", "/api/<v>/jobs", say("jobs"), True),
        Route(("GET",), "127.0.0.1", "/modelyard/status", say("status")),
        Route(("GET",), "api.github.com", "/places/<place>", say("place")),
        Route(("GET",), "api.github.com", "/places/<place>/secrets", say("secrets")),
        Route(("GET",), "api.github.com", "/numbers/<int:number>/<path:rest>", say("number")),
    ]
)


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://adb-1.azuredatabricks.net/api/2.1/jobs", "jobs {'v': '2.1'}"),
        ("https://ADB-1.AzureDatabricks.net/api/2.1/jobs", "jobs {'v': '2.1'}"),
        ("https://adb-1.azuredatabricks.net:443/api/2.1/jobs/", "jobs {'v': '2.1'}"),
        ("http://127.0.0.1:8080/api/2.0/jobs", "jobs {'v': '2.0'}"),
        ("http://localhost:8080/api/2.0/jobs", "jobs {'v': '2.0'}"),
        ("http://localhost:8080/modelyard/status", "status"),
        ("https://mine.blob.core.windows.net/a//b", "my blob {'name': 'a//b'}"),
        ("https://other.blob.core.windows.net/a", "any blob {'name': 'a'}"),
        ("https://mine.blob.core.windows.net/a%2Fb%252Fc/%C3%A4", "my blob {'name': 'a/b%2Fc/ä'}"),
        ("https://api.github.com/places/prod%2feu", "place {'place': 'prod/eu'}"),
        ("https://api.github.com/places/a%2Fsecrets", "place {'place': 'a/secrets'}"),
        ("https://api.github.com/places/a%2Fb/secrets?c=%2F", "secrets {'place': 'a/b'}"),
        ("https://api.github.com/numbers%2F1%2Fa%2Fb", "number {'number': 1, 'rest': 'a/b'}"),
    ],
)
def test_finds_the_handler(url: str, answer: str) -> None:
    assert ask(ROUTER, url) == answer


@pytest.mark.parametrize(
    "url",
    [
        "https://adb-1.azuredatabricks.net/nothing",
        "https://adb-1.azuredatabricks.net/modelyard/status",  # loopback only
        "https://mine.blob.core.windows.net/",
        "http://127.0.0.1/a",  # a blob host's path is not on loopback
        "https://api.github.com/places/a/b",
    ],
)
def test_what_no_route_has_is_not_found(url: str) -> None:
    with pytest.raises(NotFound):
        ask(ROUTER, url)


def test_a_method_that_no_route_has_is_not_allowed() -> None:
    with pytest.raises(MethodNotAllowed):
        ask(ROUTER, "https://adb-1.azuredatabricks.net/api/2.1/jobs", "DELETE")


def test_only_hosts_of_routes_are_emulated() -> None:
    assert ROUTER.emulates("x.blob.core.windows.net")
    assert ROUTER.emulates("127.0.0.1")
    assert not ROUTER.emulates("adb-2.azuredatabricks.net")
    assert not ROUTER.emulates("blob.core.windows.net")
    assert not ROUTER.emulates("adb-1.azuredatabricks.net.example.com")
    assert not ROUTER.emulates("")


@pytest.mark.parametrize("path", ["no-slash", "/<nothing:x>", "/<a>/<a>", "/<"])
def test_a_path_that_cannot_be_used_is_named_at_once(path: str) -> None:
    with pytest.raises(ValueError, match=r"the route h\.example.* can't be used"):
        Router([Route(("GET",), "h.example", path, say("x"))])


@pytest.mark.parametrize(
    ("authority", "name"),
    [("Example.com:443", "example.com"), ("[::1]:80", "::1"), ("localhost", "localhost")],
)
def test_host_name(authority: str, name: str) -> None:
    assert host_name(authority) == name
