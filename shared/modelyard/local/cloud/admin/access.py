"""Who may use the cloud's own interface: whoever can read the key in the state folder."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Handler, Route

PREFIX = "/modelyard/"
"""Below it is the cloud's own interface, whichever service a route belongs to."""
OWN_TOKENS = "/modelyard/endpoints"
"""Here the endpoints ask for a token of the workspace or of Entra instead: programs use them."""

HOW = (
    "send `Authorization: Bearer KEY` with the admin_key that is in credentials.json in the "
    "cloud's state folder, or use the commands of `modelyard local`"
)


def headers(key: str) -> dict[str, str]:
    """What a request to the interface carries."""
    return {"Authorization": f"Bearer {key}"}


def guarded(routes: Iterable[Route], key: str) -> Iterator[Route]:
    """The same routes; those of the interface answer 401 to a request without its key."""
    for route in routes:
        needed = f"{route.path}/".startswith(PREFIX) and not _has_own_tokens(route.path)
        yield replace(route, handler=_asking(route.handler, key)) if needed else route


def _has_own_tokens(path: str) -> bool:
    return path == OWN_TOKENS or path.startswith(f"{OWN_TOKENS}/")


def _asking(handler: Handler, key: str) -> Handler:
    @functools.wraps(handler)
    def handle(request: Request, **arguments: str) -> Response:
        shown = request.authorization
        if shown is None or shown.type != "bearer" or not shown.token:
            return _refusal("The local cloud's own interface needs its key")
        if not hmac.compare_digest(shown.token.encode(), key.encode()):
            return _refusal("This is not the key of this local cloud's own interface")
        return handler(request, **arguments)

    return handle


def _refusal(what: str) -> Response:
    response = json_answer({"message": f"{what}: {HOW}."}, 401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
