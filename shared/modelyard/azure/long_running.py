"""Changes that take their time: sent, then followed until Azure says how they ended.

Source: learn.microsoft.com, "Track asynchronous Azure operations".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from modelyard.answers import read_json
from modelyard.errors import NotFound, ServiceError
from modelyard.http import Session
from modelyard.nested_errors import causes
from modelyard.waiting import Observation, Pace, wait

_PACE = Pace(first=1.0, factor=1.4, most=10.0)
DONE, FAILED = "Succeeded", ("Failed", "Canceled")
"""An operation's ``status``, and the ``provisioningState`` of what it makes; any other goes on."""


class OperationFailed(ServiceError):
    """Azure took the request and couldn't carry it out."""

    # Not in errors.py: whoever follows an operation says what its failure means.
    causes: tuple[str, ...] = ()


def change(
    session: Session,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    what: str,
    timeout: float,
    version: Mapping[str, str],
) -> dict[str, Any]:
    """Send a change and wait until it is done; the object as it is then, ``{}`` when it is gone.

    :param what: names it in messages (``deployment green``).
    :param timeout: seconds.
    :param version: the query with the version of the API.
    :raises OperationFailed: with all causes that Azure gives. WaitTimeout.
    """
    answer = begin(session, method, path, body, version=version)
    follow(session, answer, what=what, timeout=timeout)
    return {} if method == "DELETE" else session.get(path, version)


def begin(
    session: Session,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    version: Mapping[str, str],
) -> requests.Response:
    """Send a change and don't wait for it."""
    return session.call(method, path, params=version, json=body, repeatable=True)


def follow(session: Session, answer: requests.Response, *, what: str, timeout: float) -> None:
    """Wait for what an answer has begun; for nothing, where it is done already."""
    operation = answer.headers.get("Azure-AsyncOperation")
    if operation:
        wait(
            what,
            lambda: _observed(session.get(operation), what),
            clock=session.clock,
            timeout=timeout,
            pace=_PACE,
        )
    elif answer.headers.get("Location") and answer.status_code == 202:
        _follow_location(session, str(answer.headers["Location"]), what, timeout)
    elif answer.content:
        body = read_json(answer, what)
        state = (body.get("properties") or {}).get("provisioningState", DONE)
        if state in FAILED:
            raise failed(body.get("properties") or {}, what, state)


def _follow_location(session: Session, location: str, what: str, timeout: float) -> None:
    def probe() -> Observation[None]:
        try:
            status = session.call("GET", location).status_code
        except NotFound:
            status = 200  # what was deleted is gone, and its operation with it
        return Observation("InProgress" if status == 202 else DONE, status != 202, None)

    wait(what, probe, clock=session.clock, timeout=timeout, pace=_PACE)


def _observed(body: Mapping[str, Any], what: str) -> Observation[None]:
    state = str(body.get("status") or DONE)
    if state in FAILED:
        raise failed(body, what, state)
    return Observation(state, state == DONE, None)


def failed(body: Mapping[str, Any], what: str, state: str) -> OperationFailed:
    """The error for an operation that ended in this state, with all causes that it gives."""
    error = body.get("error") or {}
    found = causes(error)
    code = str(error.get("code") or "")
    text = "\n  ".join(found) or "Azure gives no cause"
    failure = OperationFailed(f"{what} {state}: {code and code + ': '}{text}", code=code)
    failure.causes = found
    return failure
