"""What all of Azure DevOps's REST has in common: who calls, lists, errors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.exceptions import DevOpsError, failure
from modelyard.local.cloud.devops.models import Organization
from modelyard.local.cloud.json_bodies import json_answer, json_object
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.tokens import Tokens

CALLER = "modelyard.devops.caller"
BUILD_SERVICE = "Build Service"
"""Whom a job acts as, by System.AccessToken."""
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps' application id: the resource that an Entra token for it names."""
READS = ("GET", "HEAD", "OPTIONS")
Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A part of a list."""

    items: list[Json]
    token: str = ""
    """What the request for the next part has to say; empty on the last one."""

    @property
    def headers(self) -> dict[str, str]:
        return {"x-ms-continuationtoken": self.token} if self.token else {}


Answer = Callable[..., Json | list[Json] | Page | Response | None]


def page_of(request: Request, items: list[Json], at_most: int) -> Page:
    """The part of a list that ``$top`` and ``continuationToken`` ask for. Raises DevOpsError.

    :param at_most: how many the service gives at once, whatever is asked for.
    """
    top, after = request.args.get("$top", ""), request.args.get("continuationToken", "0")
    if not after.isdigit() or not (top or "0").isdigit():
        raise exceptions.invalid("continuationToken", f"The page {top} {after} is not known.")
    start = int(after)
    end = start + min(int(top or at_most) or at_most, at_most)
    return Page(items[start:end], str(end) if end < len(items) else "")


class Answering:
    """Turns what answers a request into a handler."""

    def __init__(self, organization: Organization, tokens: Tokens) -> None:
        self._organization = organization
        self._tokens = tokens

    def handler(self, answer: Answer, *, signed_in: bool = True) -> Handler:
        """Turns ``answer(request, **path)`` into a handler that asks who calls.

        :param signed_in: false for what anybody may ask, and for the cloud's own interface, which
            asks by itself.
        """

        @functools.wraps(answer)
        def handle(request: Request, **arguments: Any) -> Response:
            try:
                if signed_in:
                    request.environ[CALLER] = self._check(request)
                found = answer(request, **arguments)
            except DevOpsError as error:
                return failure(error)
            if isinstance(found, Response):
                return found
            if found is None:
                return Response(status=204)
            headers = {}
            if isinstance(found, Page):
                headers, found = found.headers, found.items
            whole = {"count": len(found), "value": found} if isinstance(found, list) else found
            return json_answer(whole, 200, headers)

        return handle

    def _check(self, request: Request) -> str:
        """Who calls: an Entra token, or that of a job or a person, as the bearer or as a password,
        which is how tokens look that a person made."""
        authorization = request.authorization
        shown = ""
        if authorization is not None:
            is_basic = authorization.type == "basic"
            shown = str((authorization.password if is_basic else authorization.token) or "")
        person = self._organization.person(shown)
        if person is not None:
            if person["read_only"] and request.method not in READS:
                raise exceptions.not_permitted("Manage")
            return str(person["name"])
        if self._organization.knows_job(shown):
            return BUILD_SERVICE
        found = self._tokens.identify(shown, (RESOURCE,)) if shown else None
        if found is None:
            raise exceptions.not_signed_in()
        return found.name


def caller_of(request: Request) -> str:
    """Whoever a handler has found to call: a person, the build service, or a service principal."""
    return str(request.environ[CALLER])


def body_of(request: Request) -> Json:
    """The JSON object that a request holds. Raises DevOpsError."""
    found = json_object(request)
    if found is None:
        raise exceptions.invalid("body", "The request needs a JSON object.")
    return found


def text_of(body: Json, key: str) -> str:
    """A text that has to be there. Raises DevOpsError."""
    found = body.get(key)
    if not isinstance(found, str) or not found.strip():
        raise exceptions.invalid(key, f"The {key} must not be empty.")
    return found
