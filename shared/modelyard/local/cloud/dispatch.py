"""What happens between a request and its answer, for every service alike: routes, faults, log."""

from __future__ import annotations

import logging
import threading
import time

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from modelyard.clock import Clock
from modelyard.local.cloud import answers
from modelyard.local.cloud.bodies import BodyError
from modelyard.local.cloud.connection import BrokenConnection
from modelyard.local.cloud.digests import Watched
from modelyard.local.cloud.faults import Faults, Rule
from modelyard.local.cloud.previous import PreviousAnswers
from modelyard.local.cloud.requests_log import Entry, RequestsLog
from modelyard.local.cloud.routing import LOOPBACK, Router, host_name

ADMIN = "/modelyard/"
"""Paths of the cloud's own interface, on loopback: without faults, not in the log."""

log = logging.getLogger(__name__)


class Dispatcher:
    """Turns a request into an answer; a crash in a handler becomes a 500 and a log entry."""

    def __init__(
        self,
        router: Router,
        faults: Faults,
        requests: RequestsLog,
        clock: Clock,
        digest_key: bytes | None = None,
    ) -> None:
        self._router = router
        self._faults = faults
        self._requests = requests
        self._clock = clock
        self._digest_key = digest_key
        self._previous = PreviousAnswers()
        self._stopping = threading.Event()
        self.failures: list[str] = []
        """What went wrong in handlers: a bug in the cloud, never in the client."""

    def __call__(self, request: Request) -> Response:
        """Raises BrokenConnection where a fault says so."""
        host = host_name(request.host)
        if host in LOOPBACK and request.path.startswith(ADMIN):
            return self._handle(request)
        rule = self._faults.take(
            host, request.method, request.path, has_previous=self._previous.has(request)
        )
        watched = None if self._digest_key is None else Watched(request, self._digest_key)
        arrived, started = self._clock.time(), time.monotonic()
        status = 0
        try:
            response = self._handle(request) if rule is None else self._spoil(request, rule)
            status = response.status_code
        finally:
            took = (time.monotonic() - started) * 1000
            self._requests.add(
                Entry(
                    arrived,
                    request.method,
                    host,
                    request.path,
                    status,
                    round(took, 1),
                    fault=None if rule is None else rule.id,
                    fields=watched.fields() if watched is not None and status else None,
                )
            )
        if rule is None:
            self._previous.remember(request, response)
        return response

    def refused(self, method: str, host: str) -> None:
        """Somebody asked for a name that isn't emulated: worth knowing when a program fails."""
        self._requests.add(Entry(self._clock.time(), method, host, "", 403, 0.0))

    def stop(self) -> None:
        """End the waits of delayed answers."""
        self._stopping.set()

    def reset(self) -> None:
        self._previous.clear()
        self.failures.clear()

    def _spoil(self, request: Request, rule: Rule) -> Response:
        if rule.action == "stale":
            return self._previous.answer(request)
        if rule.when == "before":
            return self._fault(rule) or self._handle(request)
        response = self._handle(request)
        if rule.action == "cut":
            return answers.cut(response)
        try:
            spoilt = self._fault(rule)
        except BrokenConnection:
            response.close()
            raise
        if spoilt is not None:
            response.close()
        return spoilt or response

    def _fault(self, rule: Rule) -> Response | None:
        """The answer that takes the place of the real one; None after a delay."""
        if rule.action == "reset":
            raise BrokenConnection
        if rule.action == "delay":
            # Not the cloud's clock: what a late answer meets is the client's own time limit.
            self._stopping.wait(rule.seconds)
            return None
        return answers.web_page() if rule.action == "html" else answers.of_rule(rule)

    def _handle(self, request: Request) -> Response:
        try:
            return self._router.dispatch(request)
        except HTTPException as error:
            return answers.of_exception(error, request)
        except BodyError:
            raise  # the client's doing
        except Exception as error:  # noqa: BLE001 - a bug in one handler must not end the cloud
            return self._failed(request, error)

    def _failed(self, request: Request, error: Exception) -> Response:
        summary = f"{type(error).__name__} at {request.method} {request.host}{request.path}"
        self.failures.append(f"{summary}: {error}")
        log.exception("%s", summary)
        return answers.failure(500, "INTERNAL_ERROR", f"The local cloud failed: {summary}")
