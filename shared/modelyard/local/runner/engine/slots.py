"""How many jobs may run at once: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK = 0.1


class Slots:
    """So many places; who finds none waits in a line."""

    def __init__(self, count: int) -> None:
        """
        :param count: 0: any number.
        """
        self._count = count
        self._used = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def one(self, is_cancelled: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Hold a place for the block. False: the wait was cancelled, and none is held."""
        held = self._take(is_cancelled)
        try:
            yield held
        finally:
            if held:
                with self._changed:
                    self._used -= 1
                    self._changed.notify_all()

    def _take(self, is_cancelled: Callable[[], bool]) -> bool:
        me = object()
        with self._changed:
            self._line.append(me)
            try:
                while not is_cancelled():
                    if self._line[0] is me and (not self._count or self._used < self._count):
                        self._used += 1
                        return True
                    self._changed.wait(_LOOK)
                return False
            finally:
                self._line.remove(me)
                self._changed.notify_all()
