"""Request bodies as streams that end where the message ends, whatever the framing.

HTTP/1.1 says how long a body is by ``Content-Length`` or by chunks (RFC 9112, section 6). Nothing
here holds more than one read in memory, so uploads may be larger than the machine's memory.
"""

from __future__ import annotations

import io
from email.message import Message
from typing import Any, BinaryIO

LINE = 8192
"""Longest chunk header or trailer line that is read, in bytes."""


class BodyError(Exception):
    """The request's framing is wrong; the connection can't be used any more."""


class LengthBody(io.RawIOBase):
    """Exactly ``length`` bytes of a connection."""

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        data = _read(self._source, min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


class ChunkedBody(io.RawIOBase):
    """The decoded chunks of a ``Transfer-Encoding: chunked`` body; trailers are dropped."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left and not self._ended:
            self._next_chunk()
        if self._ended:
            return 0
        data = _read(self._source, min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        if not self._left and self._line():
            raise BodyError("a chunk is longer than it said")
        return len(data)

    def _next_chunk(self) -> None:
        size = self._line().split(b";", 1)[0].strip()
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            raise BodyError(f"not a chunk size: {size[:20]!r}")
        self._left = int(size, 16)
        if not self._left:
            while self._line():
                pass
            self._ended = True

    def _line(self) -> bytes:
        try:
            line = self._source.readline(LINE)
        except OSError as error:
            raise BodyError("the connection broke between two chunks") from error
        if not line.endswith(b"\n"):
            raise BodyError("the connection ended, or a line is too long, between two chunks")
        return line.rstrip(b"\r\n")


def _read(source: BinaryIO, size: int) -> bytes:
    try:
        data = source.read(size)
    except OSError as error:
        raise BodyError("the connection broke inside the body") from error
    if not data:
        raise BodyError("the connection ended inside the body")
    return data


def body_of(headers: Message, source: BinaryIO) -> io.BufferedReader:
    """The body that these headers announce; empty when they announce none.

    Raises BodyError for a framing this server doesn't know.
    """
    encoding = headers.get("Transfer-Encoding", "").strip().lower()
    if encoding == "chunked":
        return io.BufferedReader(ChunkedBody(source), 65536)
    if encoding:
        raise BodyError(f"Transfer-Encoding {encoding!r} is not supported: only chunked is")
    lengths = set(headers.get_all("Content-Length", ["0"]))
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdigit()):
        raise BodyError(f"Content-Length {text[:20]!r} is not one number")
    return io.BufferedReader(LengthBody(source, int(text)), 65536)


def drain(body: io.BufferedIOBase) -> bool:
    """Read what a handler left unread, so that the next request starts where it should.

    Says whether that worked; otherwise the connection can't be used any more.
    """
    try:
        while body.read(65536):
            pass
    except BodyError:
        return False
    return True
