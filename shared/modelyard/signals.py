"""SIGINT and SIGTERM, made into an exception that arrives at a moment that loses nothing.

An agent that cancels sends SIGINT, some seconds later SIGTERM, then kills. The first signal
becomes :class:`~modelyard.errors.Cancelled` in the main thread, except inside :meth:`shield`,
where it waits until the block is done: between "the run was submitted" and "its id is known" an
exception would lose the run.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from modelyard.errors import Cancelled

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """The signals of one run of one operation. Not installed, it does nothing (tests)."""

    def __init__(self) -> None:
        self._shields = 0
        self._pending: int | None = None
        self._raised = 0
        """Number of the signal that was raised; 0 before one."""

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals until the block ends, then restore what was there."""
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                # None: whatever was there wasn't set by Python, and can't be by it.
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let the block finish before a signal is raised. Keep it short: one call, no wait."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
            if not self._shields and self._pending is not None:
                self._raise(self._pending)

    def check(self) -> None:
        """Raise again what was raised and got lost: who still goes on has never seen it.

        Python's handlers run between any two lines of Python. Where that is in a finalizer, as of
        an answer that is thrown away while a large module is imported, an exception ends there.
        """
        if self._raised:
            raise Cancelled(self._raised)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._raised:
            return  # already cancelling: further signals must not break the clean-up
        if self._shields:
            self._pending = self._pending or number
        else:
            self._raise(number)

    def _raise(self, number: int) -> None:
        self._pending = None
        self._raised = number
        raise Cancelled(number)
