"""One loopback port in three roles: HTTP server, HTTP proxy, and end of TLS tunnels (CONNECT).

Knows connections and nothing of the services: every request goes to one function. Nothing is ever
forwarded: a name that isn't emulated is refused.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from weakref import WeakSet

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.authority import Authority
from modelyard.local.cloud.connection import Connection
from modelyard.local.cloud.exceptions import PortInUse

STOP_SECONDS = 5.0
"""How long :meth:`Server.stop` waits for requests that are being answered."""

log = logging.getLogger(__name__)

Answer = Callable[[Request], Response]
Refused = Callable[[str, str], None]
"""``refused(method, host)``"""


class Server(ThreadingMixIn, TCPServer):
    """Binds at construction (``port`` is then known); answers between start and stop.

    Raises PortInUse when another program has the port.
    """

    allow_reuse_address = True  # a port may be used again at once; never by two at a time
    request_queue_size = 128
    daemon_threads = True  # stop() waits for them itself, for a limited time

    def __init__(self, port: int, authority: Authority) -> None:
        self.authority = authority
        self.answer: Answer
        self.emulates: Callable[[str], bool]
        self.refused: Refused
        self._open: dict[int, socket.socket] = {}
        self._lock = threading.Lock()
        self._serving: WeakSet[threading.Thread] = WeakSet()
        self._accepting: threading.Thread | None = None
        try:
            super().__init__(("127.0.0.1", port), Connection)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse(port) from error
            raise

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(
        self,
        answer: Answer,
        emulates: Callable[[str], bool],
        refused: Refused = lambda *_: None,
    ) -> None:
        """Answer requests with ``answer``; ``emulates`` says which host names exist, ``refused``
        hears of those that somebody asked for and that don't."""
        self.answer = answer
        self.emulates = emulates
        self.refused = refused
        self._accepting = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="local-cloud-accept", daemon=True
        )
        self._accepting.start()

    def stop(self) -> None:
        """Accept nothing more, let running requests end for a moment, close every connection."""
        if self._accepting is not None:
            self.shutdown()
            self._accepting.join()
            self._accepting = None
        self.server_close()
        deadline = time.monotonic() + STOP_SECONDS
        while (thread := self._busy()) is not None and time.monotonic() < deadline:
            # Only the receiving side: an answer on its way can still be sent. Each time anew, since
            # a thread may have been given its connection and not have begun yet.
            self._shut(socket.SHUT_RD)
            thread.join(0.05)
        self._shut(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that :meth:`stop` can wait for."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._serving.add(thread)
        thread.start()

    def opened(self, connection: socket.socket) -> None:
        """This thread serves ``connection`` from now on."""
        with self._lock:
            self._open[threading.get_ident()] = connection

    def closed(self) -> None:
        """This thread has closed its connection."""
        with self._lock:
            self._open.pop(threading.get_ident(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - inherited
        """An answer broke off while it was being sent. (A client that went away is no news.)"""
        log.exception("an answer to %s could not be sent", client_address)

    def _busy(self) -> threading.Thread | None:
        return next((thread for thread in list(self._serving) if thread.is_alive()), None)

    def _shut(self, how: int) -> None:
        with self._lock:
            for connection in self._open.values():
                with contextlib.suppress(OSError):
                    # Past SSLSocket.shutdown, which would pull the TLS layer from under its thread.
                    socket.socket.shutdown(connection, how)
