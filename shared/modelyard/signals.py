"""SIGINT and SIGTERM, made into an exception that arrives at a moment that loses nothing.

An agent that cancels sends SIGINT, some seconds later SIGTERM, then kills. The first signal
becomes :class:`~modelyard.errors.Cancelled` in the main thread, except inside :meth:`shield`,
where it waits until the block is done: between "the run was submitted" and "its id is known" an
exception would lose the run.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from modelyard.clock import Clock
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
        Nothing is raised in a shield, nor where somebody cleans up after the cancellation.
        """
        if self._raised and not self._shields and not _cleaning_up():
            raise Cancelled(self._raised)

    def heeding(self, clock: Clock) -> Clock:
        """The clock; but in the main thread each pause on it ends with :meth:`check`.

        A wait that has lost its cancellation would else go on until its time is over.
        """
        return _Heeding(clock, self)

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


class _Heeding:
    """A clock whose pauses end with a look at the signals."""

    def __init__(self, clock: Clock, signals: Signals) -> None:
        self._clock, self._signals = clock, signals
        self.time, self.monotonic = clock.time, clock.monotonic

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
        # Signals are the main thread's; another doesn't know whether that one is cleaning up.
        if threading.current_thread() is threading.main_thread():
            self._signals.check()


def _cleaning_up() -> bool:
    """Whether a cancellation is being handled further out: by an ``except`` or a ``finally``."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, Cancelled):
        error = error.__context__
    return error is not None
