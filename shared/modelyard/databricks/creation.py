"""Creating exactly one of a thing over an API that has no idempotency token.

The Clusters API 2.1 and the Instance Pools API document none. When the answer to a create is lost
the thing may or may not exist: asking again would make two, not asking may leave none. So before
the call is repeated it is looked for, by something only this create can have put there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from modelyard.errors import NotTheService, ServiceUnavailable, Unreachable
from modelyard.http import Session

log = logging.getLogger(__name__)

LOST = (Unreachable, ServiceUnavailable, NotTheService)
"""After these nobody knows whether the call had its effect."""
ATTEMPTS = 3
LOOKS = (0.0, 2.0, 4.0, 8.0)
"""Seconds before each look: a list may show a new thing some seconds late."""


def create_once(
    session: Session,
    path: str,
    body: Mapping[str, Any],
    key: str,
    *,
    find: Callable[[], str | None],
    shield: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> str:
    """POST until one exists, and return its id.

    :param key: the field of the answer that holds the id.
    :param find: the id of what an earlier attempt of this very create made, or None.
    :param shield: held around each call (not around the waits), so that no signal falls between
        the effect and its answer.
    :raises ServiceError, Unreachable, NotTheService: the last one when every attempt failed.
    """

    def attempt(last: bool) -> str | None:
        try:
            with shield():
                answer = session.post(path, body)
            if not answer.get(key):
                raise NotTheService(f"POST {path} answered without {key}")
            return str(answer[key])
        except LOST as error:
            log.info("%s", error.what)
            log.info("whether it was created is unknown: looking for it")
            found = _look(session, find)
            if found is None and last:
                raise
        log.info("%s", f"it was created: {found}" if found else "it wasn't: trying again")
        return found

    tries = (attempt(last=number == ATTEMPTS) for number in range(1, ATTEMPTS + 1))
    return next(made for made in tries if made is not None)


def _look(session: Session, find: Callable[[], str | None]) -> str | None:
    for pause in LOOKS:
        if pause:
            session.clock.sleep(pause)
        found = find()
        if found is not None:
            return found
    return None
