"""From a host name and a path to the handler of a service."""

from __future__ import annotations

import fnmatch
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.service import Handler, Route

_SLASH_OF_A_NAME = "\udc2f"
"""Stands for it while a route is looked for: no character of a path that is UTF-8."""
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class _MatchingRule(Rule):
    """A rule that is matched only. werkzeug compiles two functions for each rule that build its
    address; nobody asks for those here, and they are most of a cloud's start."""

    def _compile_builder(
        self,
        append_unknown: bool = True,  # noqa: ARG002
    ) -> Callable[..., tuple[str, str]]:
        return _build_nothing


def _build_nothing(*_: object, **__: object) -> tuple[str, str]:
    raise LookupError("routes of the local cloud are matched, never built")


class Router:
    """All routes of a cloud. Names that no route has are not emulated.

    Raises ValueError for a route whose path werkzeug can't understand.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        # Exact names first: where two rules are equal, werkzeug takes the one that was added first.
        self._routes = sorted(routes, key=lambda route: "*" in route.host)
        for route in self._routes:
            _check(route)
        self._maps: dict[str, Map] = {}
        self._lock = threading.Lock()

    def emulates(self, host: str) -> bool:
        """Whether any service answers for this host name (without a port)."""
        return any(_serves(route, host.lower()) for route in self._routes)

    def dispatch(self, request: Request) -> Response:
        """Call the handler of a request.

        Raises werkzeug's NotFound or MethodNotAllowed when no route fits, and what handlers raise.
        """
        host = host_name(request.host)
        adapter = self._map(host).bind(
            host,
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.query_string.decode("latin-1"),
        )
        handler: Handler
        handler, arguments = _match(adapter, str(request.environ.get("RAW_URI", "")))
        return handler(request, **arguments)

    def _map(self, host: str) -> Map:
        with self._lock:
            if host not in self._maps:
                self._maps[host] = Map(
                    [
                        _MatchingRule(route.path, endpoint=route.handler, methods=route.methods)
                        for route in self._routes
                        if _serves(route, host)
                    ],
                    strict_slashes=False,
                    merge_slashes=False,
                    redirect_defaults=False,
                )
            return self._maps[host]


def _match(adapter: MapAdapter, target: str) -> tuple[Handler, Mapping[str, Any]]:
    """A slash that is written ``%2F`` belongs to a name: ``environments/prod%2Feu`` is one of them.

    Clients write it so within paths too, where it parts folders: then no name takes it.
    """
    parts = re.split("%2F", target.partition("?")[0], flags=re.IGNORECASE)
    if len(parts) > 1:
        kept = _SLASH_OF_A_NAME.join(unquote(part, errors="replace") for part in parts)
        with suppress(NotFound):
            handler, arguments = adapter.match(kept)
            return handler, {
                key: value.replace(_SLASH_OF_A_NAME, "/") if isinstance(value, str) else value
                for key, value in arguments.items()
            }
    return adapter.match()


def _check(route: Route) -> None:
    """Now, with the route's name: in a map with all others nobody would know which it was."""
    try:
        rule = _MatchingRule(route.path, endpoint=route.handler, methods=route.methods)
        Map([rule])
        if len(rule.arguments) != route.path.count("<"):
            raise ValueError("an argument stands in it twice")
    except (ValueError, LookupError, SyntaxError) as error:  # what a bad rule makes werkzeug raise
        raise ValueError(f"the route {route.host}{route.path} can't be used: {error}") from error


def host_name(authority: str) -> str:
    """``Example.com:443`` -> ``example.com``; ``[::1]:80`` -> ``::1``."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()


def _serves(route: Route, host: str) -> bool:
    if host in LOOPBACK:
        return route.loopback or route.host in LOOPBACK
    return fnmatch.fnmatchcase(host, route.host.lower())
