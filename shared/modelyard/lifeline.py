"""The line to the launcher: when the launcher is killed, the step is cancelled.

An agent that has lost its patience kills the launcher, which can't pass that on. The launcher holds
one end of a pipe; the system closes it however the launcher ends.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import MutableMapping

VARIABLE = "MODELYARD_LIFELINE"
"""Number of the pipe's file descriptor. Not set where there is no launcher, and on Windows."""


def hold(environment: MutableMapping[str, str]) -> None:
    """Watch the line that the environment names, if it names one; SIGTERM when it is cut."""
    text = environment.pop(VARIABLE, "")
    if not text.isdecimal():
        return
    line = int(text)
    try:
        os.set_inheritable(line, False)
    except OSError:
        return  # a variable that was inherited without the pipe that it speaks of
    threading.Thread(target=_watch, args=(line,), name="lifeline", daemon=True).start()


def _watch(line: int) -> None:
    try:
        while os.read(line, 1):
            pass  # nobody writes
    except OSError:
        pass  # a connection that broke is cut too
    os.kill(os.getpid(), signal.SIGTERM)
