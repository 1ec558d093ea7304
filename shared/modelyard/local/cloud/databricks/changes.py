"""Threads that wait for the state of others, and a way to end them all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

POLL_SECONDS = 0.2
"""Longest time between two looks: what depends on the clock alone is announced by nobody."""

JOIN_SECONDS = 15.0


class Changes:
    """Announced whenever a cluster, a library or a run changed; waiters then look again."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def announce(self) -> None:
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Return when ``reached()``. It is called without a lock held, and may raise."""
        while True:
            seen = self._count
            if reached():
                return
            with self._condition:
                if self._count == seen:
                    self._condition.wait(POLL_SECONDS)


class Workers:
    """The service's background threads. Daemons, so that a stuck one can't keep the process."""

    def __init__(self) -> None:
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, name: str, work: Callable[..., None], *arguments: Any) -> None:
        """Run ``work(*arguments)`` beside the requests."""

        def run() -> None:
            try:
                work(*arguments)
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=f"databricks-{name}", daemon=True)
        with self._lock:
            self._threads.add(thread)
            thread.start()

    def join(self, seconds: float = JOIN_SECONDS) -> bool:
        """Wait until all have ended; False when one has not in time."""
        deadline = time.monotonic() + seconds
        while True:
            with self._lock:
                alive = next(iter(self._threads), None)
            if alive is None:
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            alive.join(left)
