"""The command lines of all processes, as any user of the machine sees them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_EVERY = 0.02


class Arguments:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.rounds = 0

    def look(self) -> None:
        """Add the command lines of this moment."""
        for process in psutil.process_iter():
            try:
                self.seen.update(process.cmdline())
            except psutil.Error:
                continue
        self.rounds += 1


@contextmanager
def watched_arguments() -> Iterator[Arguments]:
    """Look all the time while the block runs."""
    arguments, over = Arguments(), threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            arguments.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield arguments
    finally:
        over.set()
        watcher.join()
