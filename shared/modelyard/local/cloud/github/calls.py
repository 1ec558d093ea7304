"""One call of the interface: who asks, for which repository, and how the answer is made."""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.github import exceptions, tokens
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.tokens import Caller, Tokens
from modelyard.local.cloud.json_bodies import json_object
from modelyard.local.cloud.routing import LOOPBACK, host_name
from modelyard.local.cloud.service import Handler

PREFIX = "/api/v3"
"""Below it is the interface of a GitHub Enterprise Server."""
MOST_OF_A_PAGE = 100

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """An answer that isn't just 200 and a document."""

    status: int
    body: Json | list[Json] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """What the handlers are given."""

    request: Request
    caller: Caller
    base: str
    """Address of the interface, which the links of answers begin with."""
    repository: Json
    """The one that the path names; empty where it names none."""

    @property
    def url(self) -> str:
        """Address of the repository."""
        return f"{self.base}/repos/{self.repository['owner']}/{self.repository['name']}"

    @property
    def html_url(self) -> str:
        return f"https://github.com/{self.repository['owner']}/{self.repository['name']}"

    def body(self) -> Json:
        """Raises GitHubError (400) when it is no object."""
        found = json_object(self.request)
        if found is None:
            raise GitHubError(400, "Problems parsing JSON")
        return found

    def page(self, found: Sequence[Json], name: str = "") -> Reply:
        """The part of a list that was asked for, with links to the others.

        :param name: the list's own, where it stands in an object beside ``total_count``.
        """
        size = min(max(self._number("per_page", 30), 1), MOST_OF_A_PAGE)
        page = max(self._number("page", 1), 1)
        last = max(1, -(-len(found) // size))
        part = list(found[(page - 1) * size : page * size])
        links = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page >= last:
            del links["next"], links["last"]
        if page == 1:
            del links["prev"], links["first"]
        header = ", ".join(f'<{self._of_page(n)}>; rel="{rel}"' for rel, n in links.items())
        body: Json | list[Json] = {"total_count": len(found), name: part} if name else part
        return Reply(200, body, {"Link": header} if header else {})

    def _number(self, name: str, default: int) -> int:
        text = self.request.args.get(name, "")
        return int(text) if text.isascii() and text.isdigit() else default

    def _of_page(self, page: int) -> str:
        path = self.request.path.removeprefix(PREFIX)
        query = {**self.request.args.to_dict(), "page": str(page)}
        return f"{self.base}{path}?{urlencode(query)}"


Answer = Callable[..., Any]
"""``answer(call, **path)``: a document or a list (200), a Reply, or None (204)."""


class Api:
    """Makes handlers of answers."""

    def __init__(self, accounts: Accounts, tokens: Tokens, repositories: Repositories) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._repositories = repositories

    def handler(self, answer: Answer, permission: str, level: str) -> Handler:
        """``permission`` and ``level`` are what a fine-grained token needs for the call."""

        @functools.wraps(answer)
        def handle(request: Request, **arguments: Any) -> Response:
            told: dict[str, str] = {}
            try:
                caller = self._caller(request, told)
                call = Call(request, caller, _base(request), {})
                if "repo" in arguments:
                    found = self._repositories.get(arguments.pop("owner"), arguments.pop("repo"))
                    self._repositories.check(found, caller, permission, level)
                    call = Call(request, caller, call.base, found)
                reply = answer(call, **arguments)
            except GitHubError as error:
                response = exceptions.failure(error)
                told["X-Accepted-GitHub-Permissions"] = f"{permission}={level}"
            else:
                response = _response(reply)
            response.headers.update(told)
            response.headers["X-GitHub-Request-Id"] = uuid.uuid4().hex[:24].upper()
            response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
            return response

        return handle

    def _caller(self, request: Request, told: dict[str, str]) -> Caller:
        authorization = request.headers.get("Authorization", "")
        scheme, _, value = authorization.partition(" ")
        if not authorization:
            raise exceptions.not_signed_in()
        if scheme.lower() not in ("bearer", "token"):
            raise exceptions.bad_credentials()
        caller = self._tokens.caller(value.strip())
        used, end = self._tokens.count(caller)
        told.update(tokens.headers(caller, used, end))
        if used > caller.limit:
            raise exceptions.rate_limited(self._accounts.get(caller.login)["id"])
        return caller


def _base(request: Request) -> str:
    if host_name(request.host) in LOOPBACK:
        return f"{request.scheme}://{request.host}{PREFIX}"
    return f"{request.scheme}://{request.host}"


def _response(reply: Any) -> Response:
    if reply is None:
        return Response(status=204)
    if not isinstance(reply, Reply):
        reply = Reply(200, reply)
    if reply.body is None:
        return Response(status=reply.status, headers=reply.headers)
    text = json.dumps(reply.body)
    return Response(text, reply.status, headers=reply.headers, mimetype="application/json")
