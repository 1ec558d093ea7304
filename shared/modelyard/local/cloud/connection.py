"""One client connection: HTTP/1.1 (RFC 9110, 9112), first plain and, after CONNECT, inside TLS.

Connections are kept alive; bodies are streams in both directions.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.bodies import BodyError, body_of, drain
from modelyard.local.cloud.environ import wsgi_environ
from modelyard.local.cloud.routing import LOOPBACK, host_name

if TYPE_CHECKING:
    from modelyard.local.cloud.server import Server

BUFFER = 65536


class BrokenConnection(Exception):
    """Raised instead of an answer, or inside one: the client sees the connection break."""


class CloudRequest(Request):
    """werkzeug's request, with room for a notebook or a certificate in a form field."""

    max_form_memory_size = 64 * 1024 * 1024

    def _get_file_stream(self, *arguments: Any, **more: Any) -> IO[bytes]:
        """Remembered: a form that breaks off never becomes ``files``, which would close it."""
        stream = super()._get_file_stream(*arguments, **more)
        self.form_streams.append(stream)
        return stream

    @functools.cached_property
    def form_streams(self) -> list[IO[bytes]]:
        """Temporary files of this request's form."""
        return []

    def close(self) -> None:
        super().close()
        for stream in self.form_streams:
            stream.close()


class Connection(BaseHTTPRequestHandler):
    """Made by the server, one for each connection, in a thread of its own."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "modelyard-local"
    sys_version = ""
    disable_nagle_algorithm = True  # head and body are written apart: each would wait for an ACK
    wbufsize = BUFFER

    def __getattr__(self, name: str) -> Callable[[], None]:
        """The standard library looks for ``do_GET`` and so on: all methods are served alike."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._connect if name == "do_CONNECT" else self._answer

    def setup(self) -> None:
        super().setup()
        self.tunnel: str | None = None
        self.broken = False
        self.server.opened(self.connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone, or never spoke TLS
            super().handle()

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to send its body, before it is waited for."""
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        with contextlib.suppress(OSError, ValueError):
            self.rfile.close()  # left open when the client broke off before the answer was out
        if isinstance(self.connection, ssl.SSLSocket):
            if not self.broken:
                with contextlib.suppress(OSError, ValueError):
                    self.connection.settimeout(0)  # say goodbye, don't wait for the answer
                    self.connection.unwrap()
            self.connection.close()
        self.server.closed()

    def _connect(self) -> None:
        """Open a tunnel and end TLS in it."""
        host, _, port = self.path.rpartition(":")
        host = host_name(host)
        if self.tunnel or port != "443" or host in LOOPBACK or not self.server.emulates(host):
            self._refuse_name(self.path)
            return
        context = self.server.authority.context(host)
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.server.opened(self.connection)
        self.rfile.close()
        self.wfile.close()
        self.rfile = self.connection.makefile("rb", BUFFER)
        self.wfile = self.connection.makefile("wb", BUFFER)
        self.tunnel = host
        self.close_connection = False

    def _answer(self) -> None:
        authority = self.tunnel or self._authority()
        if not self.tunnel and not self._is_served(authority):
            self._refuse_name(authority)
            return
        try:
            body = body_of(self.headers, cast(BinaryIO, self.rfile))
            environ = wsgi_environ(self, authority, body, tls=self.tunnel is not None)
            with (
                contextlib.closing(CloudRequest(environ)) as request,
                contextlib.closing(self.server.answer(request)) as response,
            ):
                self._write(response, environ)
            self.close_connection |= not drain(body)
        except BodyError as error:
            self._refuse(400, f"The request's body can't be read: {error}.")
        except BrokenConnection:
            self._break()

    def _authority(self) -> str:
        """Whom the request is for: ``host`` or ``host:port``."""
        if self.path.startswith("/"):
            return self.headers.get("Host", "")
        return urlsplit(self.path).netloc

    def _is_served(self, authority: str) -> bool:
        host = host_name(authority)
        if host in LOOPBACK and authority.lower() != f"{host}:{self.server.port}":
            return False  # another server on this machine
        return self.server.emulates(host)

    def _write(self, response: Response, environ: dict[str, Any]) -> None:
        chunks, status, headers = response.get_wsgi_response(environ)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        names = {name.lower() for name, _ in headers}
        bodiless = self.command == "HEAD" or int(code) in (204, 304)
        chunked = False
        if "content-length" not in names and not bodiless:
            chunked = self.request_version == "HTTP/1.1"
            self.close_connection |= not chunked
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        if self.close_connection and "connection" not in names:
            self.send_header("Connection", "close")
        self.end_headers()
        for data in chunks:
            if data:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
                self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _refuse_name(self, name: str) -> None:
        self.server.refused(self.command, name)
        self._refuse(
            403,
            f"{name or 'A request without a Host header'} is not emulated, and the local cloud "
            "forwards nothing to other servers.",
        )

    def _refuse(self, status: int, reason: str) -> None:
        """Answer with plain text and close. Clients show the reason phrase of a failed CONNECT."""
        phrase = "".join(c if " " <= c <= "~" else "?" for c in reason)
        text = f"{reason}\n".encode()
        self.close_connection = True
        self.send_response(status, phrase)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.wfile.flush()

    def _break(self) -> None:
        self.close_connection = self.broken = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            # close() then sends a reset instead of an orderly end
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged by the cloud, which knows the host and the time they took."""
