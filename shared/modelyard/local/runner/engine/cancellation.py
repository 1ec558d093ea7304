"""Ending a run, a job or a step before its time.

Nothing here has a thread of its own: whoever runs something asks whether it shall go on, as
``task_process`` does several times a second. That is also when deadlines are noticed, by the
run's clock.

Source: the agent's ``StepsRunner.cs`` (a cancelled job asks the running step's condition again: one
with ``always()`` goes on) and ``JobDispatcher.cs``; learn.microsoft.com, ``process/phases``
("Timeouts": ``cancelTimeoutInMinutes``).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from math import inf

from modelyard.clock import Clock
from modelyard.local.runner.engine.events import Reason

FORCED, ABANDONED = 2, 3
"""How often one has to ask: that steps with ``always()`` end too, that release steps end too."""
_LOOK = 0.1


class RunCancellation:
    """Whether the whole run shall end. Signal handlers may call :meth:`cancel`."""

    def __init__(self) -> None:
        self._asked = 0
        self._event = threading.Event()
        self.signal = 0
        """The signal that asked first; 0 where none did."""

    def cancel(self, number: int = signal.SIGINT) -> None:
        """Ask for the end. Asked again, it comes sooner."""
        self.signal = self.signal or number
        self._asked += 1
        self._event.set()

    @property
    def asked(self) -> int:
        """How often."""
        return self._asked

    def is_set(self) -> bool:
        return self._event.is_set()


class JobCancellation:
    """Whether one job shall end: with the run, or because its own time is over."""

    def __init__(
        self, run: RunCancellation, clock: Clock, *, timeout: float, cancel_timeout: float
    ) -> None:
        """
        :param timeout: seconds; 0: as long as it takes.
        :param cancel_timeout: seconds that a cancelled job has left.
        """
        self._run = run
        self._before = run.asked  # a job with always() begins in a run that is cancelled already
        self._clock = clock
        self._deadline = clock.monotonic() + timeout if timeout else inf
        self._cancel_timeout = cancel_timeout
        self._since = inf
        self.timed_out = False

    def is_set(self) -> bool:
        """Whether it shall end."""
        if self._since < inf:
            return True
        cancelled = self._run.asked > self._before
        if cancelled or self._clock.monotonic() >= self._deadline:
            self.timed_out = not cancelled
            self._since = self._clock.monotonic()
            return True
        return False

    def is_over(self, asked: int = FORCED) -> bool:
        """Whether even that which runs always has to end.

        :param asked: how often the run has to have been cancelled for that.
        """
        if not self.is_set():
            return False
        late = self._clock.monotonic() - self._since >= self._cancel_timeout
        return late or self.is_forced(asked)

    def is_forced(self, asked: int = FORCED) -> bool:
        """Whether somebody has asked so often that it doesn't get the time it had left."""
        return self._run.asked - self._before >= asked


class StepCancellation(threading.Event):
    """The event that a step is cancelled by, set when somebody asks and it is due."""

    def __init__(
        self,
        job: JobCancellation,
        clock: Clock,
        *,
        timeout: float = 0,
        goes_on: Callable[[], bool] = lambda: False,
        asked: int = FORCED,
    ) -> None:
        """
        :param timeout: seconds; 0: as long as the job.
        :param goes_on: asked once when the job is cancelled: the step's condition, again.
        :param asked: see :meth:`JobCancellation.is_over`.
        """
        super().__init__()
        self._job = job
        self._clock = clock
        self._deadline = clock.monotonic() + timeout if timeout else inf
        self._goes_on = goes_on
        self._kept: bool | None = None
        self._asked = asked
        self.reason: Reason | None = None

    def is_set(self) -> bool:
        if not super().is_set() and (reason := self._due()) is not None:
            self.reason = reason
            self.set()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """As of any event. Only the machine's clock counts here."""
        left = inf if timeout is None else timeout
        while not self.is_set() and left > 0:
            super().wait(min(_LOOK, left))
            left -= _LOOK
        return self.is_set()

    def _due(self) -> Reason | None:
        if self._clock.monotonic() >= self._deadline:
            return Reason.TIMED_OUT
        if not self._job.is_set():
            return None
        if self._kept is None:
            self._kept = self._goes_on()
        if not self._kept:
            return Reason.JOB_TIMED_OUT if self._job.timed_out else Reason.CANCELED
        if not self._job.is_over(self._asked):
            return None
        return Reason.FORCED if self._job.is_forced(self._asked) else Reason.OUT_OF_TIME


def pause(clock: Clock, seconds: float, is_cancelled: Callable[[], bool]) -> bool:
    """Let time pass until it is over or something shall end; whether it passed."""
    until = clock.monotonic() + seconds
    while not is_cancelled():
        left = until - clock.monotonic()
        if left <= 0:
            return True
        clock.sleep(min(left, 0.2))
    return False
