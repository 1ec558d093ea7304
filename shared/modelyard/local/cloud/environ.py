"""The WSGI environment of a request, which is what werkzeug's Request is made from (PEP 3333)."""

from __future__ import annotations

import io
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

RAW_HEADERS = "modelyard.raw_headers"
"""Key of the headers as the client wrote them: a list of names and values."""


def wsgi_environ(
    connection: BaseHTTPRequestHandler, authority: str, body: io.BufferedIOBase, *, tls: bool
) -> dict[str, Any]:
    """``authority`` (host, with a port where there was one) is whom the request is for."""
    absolute = not connection.path.startswith("/")
    target = urlsplit(connection.path if absolute else f"http://x{connection.path}")
    scheme = "https" if tls or (absolute and target.scheme == "https") else "http"
    name, _, port = authority.partition(":")
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # the stream ends by itself: chunked bodies have no length
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": connection.command,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(target.path).decode("latin-1"),
        "QUERY_STRING": target.query,
        "RAW_URI": target.path + (f"?{target.query}" if target.query else ""),
        "REMOTE_ADDR": connection.client_address[0],
        "SERVER_NAME": name,
        "SERVER_PORT": port or ("443" if scheme == "https" else "80"),
        "SERVER_PROTOCOL": connection.request_version,
    }
    for header, value in connection.headers.items():
        key = header.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
            if key in environ:
                value = f"{environ[key]},{value}"
        environ[key] = value
    environ["HTTP_HOST"] = authority
    # The names above no longer tell - from _, which matters where names are data (blob metadata).
    environ[RAW_HEADERS] = list(connection.headers.items())
    return environ
