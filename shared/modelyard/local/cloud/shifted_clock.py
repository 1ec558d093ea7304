"""The machine's clock, set forward on demand: lets an hour pass in a running cloud."""

from __future__ import annotations

import threading
import time


class ShiftedClock:
    """A :class:`modelyard.clock.Clock`; ``advance`` is what tests call so that tokens expire."""

    def __init__(self) -> None:
        self._shift = 0.0
        self._lock = threading.Lock()

    def time(self) -> float:
        return time.time() + self._shift

    def monotonic(self) -> float:
        return time.monotonic() + self._shift

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once. Only forward."""
        if seconds < 0:
            raise ValueError("time goes forward only")
        with self._lock:
            self._shift += seconds
