"""JSON lines over a socket pair: how the local cloud, a driver and its runs talk."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from typing import Any


class ChannelClosed(Exception):
    """The process at the other end is gone."""


class Channel:
    """One end of a socket pair. Sending is thread-safe; one thread receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._lock = threading.Lock()
        self._received = bytearray()

    @classmethod
    def inherited(cls, number: int) -> Channel:
        """The end whose descriptor the parent process handed over.

        It is not handed on to what this process starts: a shell left behind by a notebook must not
        keep the connection open.
        """
        end = socket.socket(fileno=number)
        end.set_inheritable(False)
        return cls(end)

    def fileno(self) -> int:
        """The descriptor, for a process that is about to replace itself."""
        return self._socket.fileno()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message; raises :class:`ChannelClosed`."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(line)
        except OSError as error:
            raise ChannelClosed from error

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the other end is closed."""
        while b"\n" not in self._received:
            try:
                block = self._socket.recv(65536)
            except OSError:
                return None
            if not block:
                return None
            self._received += block
        line, _, rest = bytes(self._received).partition(b"\n")
        self._received = bytearray(rest)
        message: dict[str, Any] = json.loads(line)
        return message

    def shutdown(self) -> None:
        """Tell the other end, and whoever waits in :meth:`receive` here, that it is over."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other end was faster

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()


def pair() -> tuple[Channel, socket.socket]:
    """A channel to keep, and the end to hand to a child process (``pass_fds``)."""
    ours, theirs = socket.socketpair()
    return Channel(ours), theirs
