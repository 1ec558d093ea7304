"""The session against real sockets: what a broken connection looks like can't be made up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from modelyard.clock import FakeClock
from modelyard.errors import Unreachable
from modelyard.http import Retries, Session, Timeouts

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'
Serve = Callable[[list[bytes]], tuple[str, list[bytes]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve([answer, ...])``: a server that gives these bytes, one a connection, then closes.

    ``b""`` reads the request and breaks the connection. Returns the address and, as they come,
    the first lines of the requests.
    """
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answers: list[bytes]) -> tuple[str, list[bytes]]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        seen: list[bytes] = []

        def work() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    seen.append(connection.recv(65536).split(b"\r\n")[0])
                    connection.sendall(answer)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}", seen

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(timeout=10)


def unused_address() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def session(base: str, *, most: int = 3, read: float = 10.0) -> tuple[Session, FakeClock]:
    clock = FakeClock()
    made = Session(base, clock=clock, retries=Retries(most=most), timeouts=Timeouts(5.0, read))
    return made, clock


def test_a_read_is_repeated_when_the_connection_breaks(serve: Serve) -> None:
    base, seen = serve([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", OK])
    made, clock = session(base)

    assert made.get("/x") == {"a": 1}
    assert seen == [b"GET /x HTTP/1.1"] * 3
    assert len(clock.slept) == 2


def test_a_post_whose_answer_is_lost_is_not_repeated(serve: Serve) -> None:
    base, seen = serve([b""])
    made, clock = session(base)
    with pytest.raises(Unreachable, match=f"POST {base}/x: .*(reset|without response)"):
        made.post("/x", {"a": 1})

    assert seen == [b"POST /x HTTP/1.1"]
    assert clock.slept == []


def test_a_post_with_an_idempotency_token_is(serve: Serve) -> None:
    base, seen = serve([b"", OK])
    made, _ = session(base)

    assert made.post("/x", {"a": 1}, repeatable=True) == {"a": 1}
    assert len(seen) == 2


def test_a_post_that_found_nobody_is_tried_again() -> None:
    base = unused_address()
    made, clock = session(base)
    with pytest.raises(Unreachable, match=f"POST {base}/x: .*Connection refused"):
        made.post("/x", {})

    assert len(clock.slept) == 3


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(serve: Serve) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:  # accepts, says nothing
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        made, _ = session(base, most=0, read=0.2)
        with pytest.raises(Unreachable, match="Read timed out"):
            made.get("/x")


def test_a_name_that_does_not_exist_is_said_at_once() -> None:
    made, clock = session("http://no-such-host.invalid")
    with pytest.raises(Unreachable, match=r"GET http://no-such-host\.invalid/x: "):
        made.get("/x")

    assert clock.slept == []


def test_no_encryption_where_it_is_expected_is_said_at_once(serve: Serve) -> None:
    base, _ = serve([b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"])
    made, clock = session(base.replace("http://", "https://"))
    with pytest.raises(Unreachable):
        made.get("/x")

    assert clock.slept == []
