"""Framing of request bodies: what ends where, and what is refused."""

from __future__ import annotations

import io
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.bodies import BodyError, body_of, drain


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    parts = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk]
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def test_a_body_with_a_length_ends_there() -> None:
    source = io.BytesIO(b"hello, next request")
    assert body_of(headers(Content_Length="5"), source).read() == b"hello"
    assert source.read() == b", next request"


def test_without_a_length_there_is_no_body() -> None:
    source = io.BytesIO(b"GET / HTTP/1.1")
    assert body_of(headers(), source).read() == b""
    assert source.read() == b"GET / HTTP/1.1"


@given(st.lists(st.binary(max_size=300)), st.integers(1, 400))
def test_chunks_come_out_as_they_went_in(chunks: list[bytes], size: int) -> None:
    source = io.BytesIO(chunked(*chunks) + b"next")
    body = body_of(headers(Transfer_Encoding="chunked"), source)
    pieces = iter(lambda: body.read(size), b"")
    assert b"".join(pieces) == b"".join(chunks)
    assert source.read() == b"next"


def test_chunk_extensions_and_trailers_are_dropped() -> None:
    source = io.BytesIO(b"5;x=y\r\nhello\r\n0\r\nDigest: abc\r\n\r\nnext")
    assert body_of(headers(Transfer_Encoding="chunked"), source).read() == b"hello"
    assert source.read() == b"next"


def test_drain_leaves_the_next_request() -> None:
    source = io.BytesIO(chunked(b"x" * 200_000) + b"next")
    body = body_of(headers(Transfer_Encoding="chunked"), source)
    body.read(10)
    assert drain(body)
    assert source.read() == b"next"


def test_drain_says_when_the_rest_is_unusable() -> None:
    assert not drain(body_of(headers(Content_Length="10"), io.BytesIO(b"short")))


@pytest.mark.parametrize(
    "sent",
    [
        b"5\r\nhel",
        b"zz\r\nhello\r\n",
        b"-5\r\nhello\r\n",
        b"5\r\nhelloworld\r\n",
        b"5\r\nhello\r\n",
    ],
)
def test_bad_chunks_are_an_error(sent: bytes) -> None:
    with pytest.raises(BodyError):
        body_of(headers(Transfer_Encoding="chunked"), io.BytesIO(sent)).read()


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "", "²"])
def test_a_length_that_is_no_number_is_an_error(length: str) -> None:
    with pytest.raises(BodyError, match="not one number"):
        body_of(headers(Content_Length=length), io.BytesIO())


def test_two_different_lengths_are_an_error() -> None:
    message = headers(Content_Length="3")
    message["Content-Length"] = "4"
    with pytest.raises(BodyError, match="not one number"):
        body_of(message, io.BytesIO(b"abcd"))


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(BodyError, match="only chunked"):
        body_of(headers(Transfer_Encoding="gzip, chunked"), io.BytesIO())
