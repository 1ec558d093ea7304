"""What the library logs, shown by the CI system."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from modelyard.ci.base import CISystem

log = logging.getLogger("modelyard")


class _Handler(logging.Handler):
    def __init__(self, ci: CISystem) -> None:
        super().__init__()
        self._ci = ci

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.ERROR:
            self._ci.annotate("error", text)
        elif record.levelno >= logging.WARNING:
            self._ci.annotate("warning", text)
        elif record.levelno >= logging.INFO:
            self._ci.write(text)
        else:
            self._ci.debug(text)


@contextmanager
def logging_to(ci: CISystem) -> Iterator[None]:
    """Show every record of the library on this CI system, and nowhere else: there it is masked."""
    handler, level, propagate = _Handler(ci), log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate
