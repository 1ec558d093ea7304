"""Handing a request to a child process that speaks HTTP on the loopback, and its answer back.

Both bodies are streams: an image's layer may be larger than the machine's memory.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

CHUNK = 64 * 1024
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
_CONSUMED = frozenset({"host", "content-length", "expect"})


class NoAnswer(Exception):
    """The child could not be reached, or broke off before it answered."""


def forward(
    request: Request,
    port: int,
    target: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str | None] | None = None,
    timeout: float = 300.0,
) -> Response:
    """The child's answer to this request.

    ``target`` is path and query. ``body`` is sent in place of a body that has been read already.
    ``headers`` are set on top of the request's own; None takes one away. Raises NoAnswer.
    """
    changes = {name.lower(): value for name, value in (headers or {}).items()}
    dropped = _HOP_BY_HOP | _CONSUMED | changes.keys()
    sent = [(name, value) for name, value in request.headers if name.lower() not in dropped]
    sent += [(name, value) for name, value in changes.items() if value is not None]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        if body is None:
            _send(connection, request, target, sent)
        else:
            connection.request(request.method, target, body, dict(sent))
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NoAnswer(f"{type(error).__name__}: {error}") from error
    kept = Headers(
        [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
    )
    response = Response(_body(answer), answer.status, kept, direct_passthrough=True)
    response.call_on_close(connection.close)
    return response


def raw_target(request: Request) -> str:
    """Path and query as the client wrote them."""
    return str(request.environ["RAW_URI"])


def _send(
    connection: http.client.HTTPConnection,
    request: Request,
    target: str,
    headers: list[tuple[str, str]],
) -> None:
    length = request.headers.get("Content-Length")
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    connection.putrequest(request.method, target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    if not chunked and length is None:
        return
    while data := request.stream.read(CHUNK):
        connection.send(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
    if chunked:
        connection.send(b"0\r\n\r\n")


def _body(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while data := answer.read(CHUNK):
        yield data
