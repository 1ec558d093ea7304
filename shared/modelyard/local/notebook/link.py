"""A run's connection to its supervisor: reports out, acknowledgements in, and the end of both."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local import process_family
from modelyard.local.notebook.channel import Channel, ChannelClosed
from modelyard.local.notebook.output import marker


class Link:
    """Used by the main thread of a run and by threads of its notebook."""

    def __init__(self, channel: Channel, nonce: str) -> None:
        self._channel = channel
        self.nonce = nonce
        # A notebook may redirect or close descriptor 1.
        self._output = os.dup(1)
        self._name = os.environ[process_family.VARIABLE]
        self._known = threading.Condition()
        self._last_known = 0
        self._last_asked = 0

    def listen(self) -> None:
        """Listen from now on. When the supervisor is gone, this run ends at once."""
        threading.Thread(target=self._listen, daemon=True, name="modelyard link").start()

    def _listen(self) -> None:
        while (message := self._channel.receive()) is not None:
            with self._known:
                self._last_known = max(self._last_known, int(message["known"]))
                self._known.notify_all()
        process_family.end_all(self._name)

    def report(self, event: str, **facts: Any) -> None:
        """Tell the supervisor something."""
        try:
            self._channel.send({"event": event, **facts})
        except ChannelClosed:
            process_family.end_all(self._name)

    def redact(self, values: Sequence[str]) -> None:
        """Have values kept out of all output; returns when that is certain."""
        with self._known:
            self._last_asked += 1
            number = self._last_asked
        self.report("secret", values=list(values), number=number)
        with self._known:
            self._known.wait_for(lambda: self._last_known >= number)

    def mark(self, cell: int) -> None:
        """What is printed from here on belongs to ``cell`` (0: none)."""
        flush()
        os.write(self._output, marker(self.nonce, cell).encode())

    def hand_over(self) -> Mapping[str, Any]:
        """What a process that replaces this one needs to go on with the same connection."""
        os.set_inheritable(self._channel.fileno(), True)
        return {"descriptor": self._channel.fileno(), "nonce": self.nonce}


def flush() -> None:
    """Write out what Python still holds of stdout and stderr."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            continue  # the notebook has replaced or closed it
