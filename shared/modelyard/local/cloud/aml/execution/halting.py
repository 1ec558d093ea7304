"""The way to end a run before its time, and why."""

from __future__ import annotations

import threading
from typing import Literal

Reason = Literal["", "canceled", "stopped"]


class NodeFailed(Exception):
    """A node's work failed. ``code`` is ``UserError`` or ``SystemError``, as in run history."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Halted(Exception):
    """A run was told to end."""


class Halt:
    """Of one run. Set once; the first reason stays."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason: Reason = ""

    def set(self, reason: Reason) -> None:
        if not self._event.is_set():
            self.reason = reason
            self._event.set()

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises Halted as soon as the run must end."""
        if self._event.wait(seconds):
            raise Halted

    def check(self) -> None:
        """Raises Halted when the run must end."""
        self.wait(0)
