"""HTTP of the cloud's own interface. All bodies are JSON; errors are ``{"message": ...}``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.admin import page
from modelyard.local.cloud.admin.exceptions import AdminError
from modelyard.local.cloud.admin.models import Control
from modelyard.local.cloud.faults import FaultError, rule_from_json
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Handler

Answer = Callable[..., Any]


def status(control: Control, _: Request) -> Any:
    return control.status()


def reset(control: Control, request: Request) -> Any:
    request.get_json()  # an empty object: no foreign page can send that
    control.reset()
    return {}


def list_faults(control: Control, _: Request) -> Any:
    return {"faults": control.faults.list()}


def add_fault(control: Control, request: Request) -> Any:
    return asdict(control.faults.add(rule_from_json(request.get_json())))


def clear_faults(control: Control, _: Request) -> Any:
    control.faults.clear()
    return {}


def remove_fault(control: Control, _: Request, rule: str) -> Any:
    if not control.faults.remove(rule):
        raise AdminError(404, f"There is no fault rule {rule}")
    return {}


def list_requests(control: Control, request: Request) -> Any:
    """Query: ``host``, ``method``, ``path`` (each exactly) and ``status``."""
    wanted: dict[str, Any] = {}
    for name, value in request.args.items():
        if name not in ("host", "method", "path", "status"):
            raise AdminError(400, f"Unknown filter {name!r}: host, method, path or status")
        wanted[name] = int(value) if name == "status" and value.isdigit() else value
    return {"requests": [asdict(entry) for entry in control.requests.entries(**wanted)]}


def clear_requests(control: Control, _: Request) -> Any:
    control.requests.clear()
    return {}


def get_clock(control: Control, _: Request) -> Any:
    return {"time": control.clock.time()}


def advance_clock(control: Control, request: Request) -> Any:
    """``{"advance_seconds": 3600}``: let an hour pass."""
    body = request.get_json()
    seconds = body.get("advance_seconds") if isinstance(body, dict) else None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise AdminError(400, 'The body must be {"advance_seconds": a number, at least 0}')
    advance = getattr(control.clock, "advance", None)
    if advance is None:
        raise AdminError(409, "The clock of this cloud can't be set")
    advance(seconds)
    return {"time": control.clock.time()}


def front_page(control: Control) -> Handler:
    """Answers with the page at ``/``."""

    def handle(_: Request) -> Response:
        return Response(page.text(control.status()), mimetype="text/html")

    return handle


def handler(answer: Answer, control: Control) -> Handler:
    """Turns ``answer(control, request, **path)`` into a handler."""

    @functools.wraps(answer)
    def handle(request: Request, **arguments: str) -> Response:
        try:
            code, body = 200, answer(control, request, **arguments)
        except FaultError as error:
            code, body = 400, {"message": f"Not a fault rule: {error}"}
        except AdminError as error:
            code, body = error.status, {"message": str(error)}
        return json_answer(body, code)

    return handle
