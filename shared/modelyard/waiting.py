"""The one way to wait: back-off that starts fast, a deadline, and every state change shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from modelyard.clock import Clock
from modelyard.errors import WaitTimeout

log = logging.getLogger(__name__)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Observation(Generic[Value]):
    """What a probe saw: the state's name, whether the wait is over, and what to return then."""

    state: str
    done: bool
    value: Value
    detail: str = ""


@dataclass(frozen=True)
class Pace:
    """Seconds between two probes: ``first``, then ``factor`` times more up to ``most``."""

    first: float = 1.0
    factor: float = 1.5
    most: float = 15.0

    def after(self, pause: float) -> float:
        """The pause after a pause."""
        return min(pause * self.factor, self.most)


def wait(
    what: str,
    probe: Callable[[], Observation[Value]],
    *,
    clock: Clock,
    timeout: float,
    pace: Pace | None = None,
) -> Value:
    """Probe until it is done and return its value.

    :param what: names the thing in messages (``cluster ml``).
    :param timeout: seconds from now.
    :raises WaitTimeout: with the last state seen. Whatever the probe raises passes through.
    """
    pace = pace or Pace()
    start = clock.monotonic()
    pause = pace.first
    shown: tuple[str, str] | None = None
    while True:
        seen = probe()
        elapsed = clock.monotonic() - start
        if shown != (seen.state, seen.detail):
            shown = (seen.state, seen.detail)
            log.info("%s %s after %s%s", what, seen.state, duration(elapsed), _tail(seen.detail))
        if seen.done:
            return seen.value
        left = timeout - elapsed
        if left <= 0:
            raise WaitTimeout(
                f"{what} is still {seen.state} after {duration(elapsed)}{_tail(seen.detail)}"
            )
        clock.sleep(min(pause, left))
        pause = pace.after(pause)


def _tail(detail: str) -> str:
    return f" ({detail})" if detail else ""


def duration(seconds: float) -> str:
    """``45 s``, ``2 m 14 s``, ``1 h 03 m``."""
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"
