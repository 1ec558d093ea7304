from __future__ import annotations

import io
import json
import logging
import ssl
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from modelyard.answers import Rule
from modelyard.clock import FakeClock
from modelyard.credentials import RefreshingToken, StaticToken, Token
from modelyard.errors import (
    AlreadyExists,
    ModelyardError,
    NotFound,
    NotTheService,
    ReadOnly,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
)
from modelyard.http import Retries, Session, Timeouts
from modelyard.waiting import Observation, Pace, wait

BASE = "https://adb-1.2.azuredatabricks.net"
URL = f"{BASE}/api/2.0/things"
TOKEN = "dapi-made-up-0123"
NOT_CONNECTED = requests.ConnectionError(
    urllib3.exceptions.MaxRetryError(
        urllib3.connectionpool.HTTPSConnectionPool("adb-1.2.azuredatabricks.net"),
        "/api",
        urllib3.exceptions.NewConnectionError(None, "[Errno 111] Connection refused"),
    )
)
BROKEN = requests.ConnectionError(
    urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
)
NO_NAME = requests.ConnectionError(
    urllib3.exceptions.MaxRetryError(
        urllib3.connectionpool.HTTPSConnectionPool("adb-1.2.azuredatabricks.net"),
        "/api",
        urllib3.exceptions.NameResolutionError("adb-1", None, OSError(-2, "unknown")),
    )
)
LOST_ANSWERS = (BROKEN, requests.ReadTimeout("Read timed out."))
NEVER_SENT = (NOT_CONNECTED, requests.ConnectTimeout("timed out"))


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return Session(BASE, clock=clock, credential=StaticToken(TOKEN), seed=1)


class Mint:
    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.count = clock, 0

    def __call__(self) -> Token:
        self.count += 1
        return Token(f"entra-{self.count}", self.clock.time() + 3600)


class Stream(io.RawIOBase):
    """A body that can be read once."""

    def __init__(self, content: bytes) -> None:
        self.content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.content.readinto(buffer)


def authorizations(server: Any) -> list[str]:
    return [request.headers.get("Authorization", "") for request in server.request_history]


# What is sent.


def test_a_call_is_signed_and_has_a_time_out(server: Any, session: Session) -> None:
    server.get(URL, json={"a": 1})

    assert session.get("/api/2.0/things", {"id": 7}) == {"a": 1}
    request = server.last_request
    assert request.qs == {"id": ["7"]}
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"].startswith("modelyard/")
    assert request.timeout == (10.0, 60.0)


def test_time_outs_can_be_set(server: Any, clock: FakeClock) -> None:
    server.get(URL, json={})
    Session(BASE, clock=clock, timeouts=Timeouts(3, 4)).get("/api/2.0/things")

    assert server.last_request.timeout == (3, 4)


def test_one_call_may_take_longer_than_others(server: Any, session: Session) -> None:
    server.get(URL, json={})
    session.call("GET", URL, patience=600.0)
    assert server.last_request.timeout == (10.0, 600.0)

    session.call("GET", URL)
    assert server.last_request.timeout == (10.0, 60.0)


def test_an_empty_answer_is_an_empty_object(server: Any, session: Session) -> None:
    server.post(URL, content=b"")

    assert session.post("/api/2.0/things", {"a": 1}) == {}
    assert server.last_request.json() == {"a": 1}


def test_a_password_of_netrc_does_not_replace_the_token(
    server: Any, session: Session, isolation: Path
) -> None:
    (isolation / ".netrc").write_text("machine adb-1.2.azuredatabricks.net login a password b\n")
    (isolation / ".netrc").chmod(0o600)
    server.get(URL, json={})
    session.get("/api/2.0/things")

    assert authorizations(server) == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    ("link", "signed"),
    [
        (f"{BASE}/next", True),
        (f"{BASE}:443/next", True),
        ("https://elsewhere.example/next", False),
        ("http://adb-1.2.azuredatabricks.net/next", False),
        ("https://adb-1.2.azuredatabricks.net:8443/next", False),
        ("https://adb-1.2.azuredatabricks.net@elsewhere.example/next", False),
    ],
)
def test_only_the_service_itself_gets_the_token(
    server: Any, session: Session, link: str, signed: bool
) -> None:
    server.get(requests_mock.ANY, json={})
    session.get(link)

    assert TOKEN in server.last_request.headers.get("Authorization", "") or not signed
    assert (TOKEN in str(server.last_request.headers)) is signed


# What is repeated.


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_what_may_be_repeated_is(
    server: Any, session: Session, clock: FakeClock, method: str, status: int
) -> None:
    server.request(method, URL, [{"status_code": status}, {"status_code": status}, {"json": {}}])
    session.call(method, "/api/2.0/things")

    assert server.call_count == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("error", [*LOST_ANSWERS, *NEVER_SENT], ids=str)
def test_a_read_is_repeated_after_a_broken_connection(
    server: Any, session: Session, error: Exception
) -> None:
    server.get(URL, [{"exc": error}, {"json": {"a": 1}}])

    assert session.get("/api/2.0/things") == {"a": 1}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_post_is_not_repeated_after_an_error_of_the_server(
    server: Any, session: Session, status: int
) -> None:
    server.post(URL, status_code=status, headers={"Retry-After": "1"})
    with pytest.raises(ServiceUnavailable):
        session.post("/api/2.0/things", {})

    assert server.call_count == 1


@pytest.mark.parametrize("error", LOST_ANSWERS, ids=str)
def test_a_post_is_not_repeated_when_its_answer_was_lost(
    server: Any, session: Session, error: Exception
) -> None:
    server.post(URL, exc=error)
    with pytest.raises(Unreachable):
        session.post("/api/2.0/things", {})

    assert server.call_count == 1


@pytest.mark.parametrize("error", NEVER_SENT, ids=str)
def test_a_post_that_was_never_sent_is_repeated(
    server: Any, session: Session, error: Exception
) -> None:
    server.post(URL, [{"exc": error}, {"json": {"id": 1}}])

    assert session.post("/api/2.0/things", {}) == {"id": 1}


def test_a_post_that_the_service_did_not_begin_is_repeated(server: Any, session: Session) -> None:
    server.post(URL, [{"status_code": 429}, {"json": {"id": 1}}])

    assert session.post("/api/2.0/things", {}) == {"id": 1}


@pytest.mark.parametrize("first", [{"exc": BROKEN}, {"status_code": 503}], ids=str)
@pytest.mark.parametrize("allowed", [{"repeatable": True}, {"reads": True}], ids=str)
def test_a_post_that_is_allowed_to_be_is_repeated(
    server: Any, session: Session, first: dict[str, Any], allowed: dict[str, bool]
) -> None:
    server.post(URL, [first, {"json": {"id": 1}}])

    assert session.post("/api/2.0/things", {}, **allowed) == {"id": 1}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 501])
def test_a_refusal_is_not_repeated(server: Any, session: Session, status: int) -> None:
    server.get(URL, status_code=status)
    with pytest.raises(ModelyardError):
        session.get("/api/2.0/things")

    assert server.call_count == 1


@pytest.mark.parametrize(
    "error",
    [
        NO_NAME,
        requests.exceptions.SSLError("certificate verify failed"),
        requests.exceptions.InvalidURL("bad"),
        requests.exceptions.ProxyError(
            urllib3.exceptions.ProxyError(
                "Unable to connect to proxy", OSError("Tunnel connection failed: 403 Forbidden")
            )
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_no_repetition_mends_is_said_at_once(
    server: Any, session: Session, clock: FakeClock, error: Exception
) -> None:
    server.get(URL, exc=error)
    with pytest.raises(Unreachable):
        session.get("/api/2.0/things")

    assert clock.slept == []


BROKEN_TLS = requests.exceptions.SSLError(
    urllib3.exceptions.MaxRetryError(
        urllib3.connectionpool.HTTPSConnectionPool("adb-1.2.azuredatabricks.net"),
        "/api",
        urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")),
    )
)


def test_a_connection_that_broke_under_tls_is_no_wrong_certificate(
    server: Any, session: Session
) -> None:
    server.put(URL, [{"exc": BROKEN_TLS}, {"json": {}}])
    server.post(URL, exc=BROKEN_TLS)
    session.call("PUT", URL, data=b"content")
    with pytest.raises(Unreachable):
        session.post(URL, {})

    assert [request.method for request in server.request_history] == ["PUT", "PUT", "POST"]


def test_it_gives_up(server: Any, clock: FakeClock) -> None:
    server.get(URL, status_code=503, json={"message": "busy"})
    with pytest.raises(ServiceUnavailable, match="answered 503: busy"):
        Session(BASE, clock=clock, retries=Retries(most=3)).get("/api/2.0/things")

    assert server.call_count == 4


def test_a_host_that_is_not_there_is_named(server: Any, session: Session) -> None:
    server.get(URL, exc=NOT_CONNECTED)
    with pytest.raises(Unreachable, match=r"GET https://adb-1\.2.*Connection refused"):
        session.get("/api/2.0/things")


# How long it pauses.


@given(seed=st.integers(0, 10_000))
def test_pauses_grow_with_jitter_up_to_a_limit(seed: int) -> None:
    clock = FakeClock()
    with requests_mock.Mocker() as server:
        server.get(URL, status_code=503)
        with pytest.raises(ServiceUnavailable):
            Session(BASE, clock=clock, seed=seed, retries=Retries(8, 0.5, 20)).get(URL)

    steps = [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert len(clock.slept) == len(steps)
    assert all(0.1 * step <= pause <= step for pause, step in zip(clock.slept, steps, strict=True))


def test_two_sessions_do_not_pause_alike(server: Any) -> None:
    server.get(URL, status_code=503)
    clocks = [FakeClock(), FakeClock()]
    for clock in clocks:
        with pytest.raises(ServiceUnavailable):
            Session(BASE, clock=clock).get(URL)

    assert clocks[0].slept != clocks[1].slept


@pytest.mark.parametrize(
    "header",
    [
        lambda clock: "7",
        lambda clock: "7.0",
        lambda clock: formatdate(clock.time() + 7, usegmt=True),
    ],
    ids=["seconds", "fraction", "date"],
)
def test_the_service_says_how_long(
    server: Any, session: Session, clock: FakeClock, header: Callable[[FakeClock], str]
) -> None:
    server.get(URL, [{"status_code": 429, "headers": {"Retry-After": header(clock)}}, {"json": {}}])
    session.get("/api/2.0/things")

    (pause,) = clock.slept
    assert 7 <= pause <= 8  # never sooner than asked, and not all clients at once


@pytest.mark.parametrize("header", ["", "soon", "-5", "nan", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_useless_retry_after_does_no_harm(
    server: Any, session: Session, clock: FakeClock, header: str
) -> None:
    server.get(URL, [{"status_code": 429, "headers": {"Retry-After": header}}, {"json": {}}])
    session.get("/api/2.0/things")

    (pause,) = clock.slept
    assert 0 <= pause <= 1


def test_an_hour_is_not_waited_for(server: Any, session: Session, clock: FakeClock) -> None:
    server.get(URL, status_code=429, headers={"Retry-After": "3600"}, json={"message": "later"})
    with pytest.raises(TooManyRequests, match=r"^GET \S+ answered 429: later$"):
        session.get("/api/2.0/things")

    assert clock.slept == []


def test_a_repetition_is_said(
    server: Any, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.get(URL, [{"status_code": 503}, {"json": {}}])
    session.get("/api/2.0/things")

    assert caplog.messages[0].startswith(f"GET {URL} answered 503; trying again in 0.")


# Credentials.


def test_a_refused_token_is_renewed_once(server: Any, clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    server.get(URL, [{"status_code": 401}, {"json": {"a": 1}}])

    assert Session(BASE, clock=clock, credential=credential).get(URL) == {"a": 1}
    assert authorizations(server) == ["Bearer entra-1", "Bearer entra-2"]
    assert clock.slept == []


def test_databricks_says_403_of_an_expired_token(server: Any, clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    refusal = {"status_code": 403, "json": {"message": "Invalid access token."}}
    server.post(URL, [refusal, {"json": {"a": 1}}])

    assert Session(BASE, clock=clock, credential=credential).post(URL, {}) == {"a": 1}


@pytest.mark.parametrize("most", [0, 6])
def test_a_token_refused_twice_is_an_error(server: Any, clock: FakeClock, most: int) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    server.get(URL, status_code=401)
    with pytest.raises(Unauthenticated):
        Session(BASE, clock=clock, credential=credential, retries=Retries(most)).get(URL)

    assert server.call_count == 2


def test_a_token_that_cannot_be_renewed_is_not_sent_again(server: Any, session: Session) -> None:
    server.get(URL, status_code=401)
    with pytest.raises(Unauthenticated):
        session.get(URL)

    assert server.call_count == 1


def test_a_wait_outlives_its_token(server: Any, clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    session = Session(BASE, clock=clock, credential=credential)
    start = clock.time()
    refused = []

    def answer(request: Any, context: Any) -> dict[str, Any]:
        minted = int(request.headers["Authorization"].removeprefix("Bearer entra-"))
        if clock.time() >= start + 3600 and minted == 1:
            refused.append(clock.time())
            context.status_code = 401
        return {"state": "DONE" if clock.time() >= start + 61 * 60 else "RUNNING"}

    server.get(URL, json=answer)

    def probe() -> Observation[None]:
        state = session.get("/api/2.0/things")["state"]
        return Observation(state, state == "DONE", None)

    wait("run 1", probe, clock=clock, timeout=7200, pace=Pace(60, 1, 60))

    assert authorizations(server)[-1] == "Bearer entra-2"
    assert refused == []
    assert clock.time() - start == pytest.approx(61 * 60)


ECHOES: list[dict[str, Any]] = [
    {"status_code": 400, "json": {"error_code": "BAD", "message": f"Bearer {TOKEN} is bad"}},
    {"status_code": 403, "text": f"<p>{TOKEN}"},
    {"status_code": 302, "headers": {"Location": f"https://login.example/?token={TOKEN}"}},
    {"status_code": 200, "text": f"<html>{TOKEN}", "headers": {"Content-Type": "text/html"}},
    {"status_code": 503, "json": {"message": json.dumps({"authorization": TOKEN})}},
    {"exc": requests.ReadTimeout(f"timed out sending {TOKEN}")},
    {"exc": requests.exceptions.InvalidHeader(f"Invalid header {('Bearer ' + TOKEN)!r}")},
]


@pytest.mark.parametrize("echo", ECHOES, ids=str)
def test_no_message_has_the_token_even_if_the_server_echoes_it(
    server: Any, session: Session, echo: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.get(URL, **echo)
    with pytest.raises(ModelyardError) as caught:
        session.get("/api/2.0/things")

    error = caught.value
    said = "\n".join([*error.lines(), str(error), repr(error), *caplog.messages])
    assert TOKEN not in said
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_a_link_is_named_without_its_query(server: Any, session: Session) -> None:
    server.put("https://store.example/blob", status_code=400)
    with pytest.raises(ModelyardError, match=r"PUT https://store\.example/blob answered 400") as e:
        session.call("PUT", "https://store.example/blob?sig=made-up", data=b"")

    assert "sig" not in str(e.value)


# Dry runs.


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_read_only_session_refuses_to_write(server: Any, clock: FakeClock, method: str) -> None:
    server.request(method, URL, json={})
    with pytest.raises(ReadOnly, match=f"{method} {URL} would write"):
        Session(BASE, clock=clock, read_only=True).json(method, URL, body={})

    assert server.call_count == 0


def test_a_read_only_session_reads(server: Any, clock: FakeClock) -> None:
    server.get(URL, json={})
    server.post(URL, json={"runs": []})
    session = Session(BASE, clock=clock, read_only=True)
    session.get(URL)

    assert session.post(URL, {}, reads=True) == {"runs": []}


# Answers that are none.


def test_a_web_page_is_not_the_service(server: Any, session: Session) -> None:
    server.get(URL, text="<html>Sign in", headers={"Content-Type": "text/html"})
    with pytest.raises(NotTheService, match=r"answered 200 with text/html.*<html>Sign in"):
        session.get("/api/2.0/things")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Any, session: Session, status: int) -> None:
    server.get(URL, status_code=status, headers={"Location": "https://login.example/"})
    with pytest.raises(NotTheService, match=f"answered {status} and sends us to https://login"):
        session.get("/api/2.0/things")

    assert server.call_count == 1


def test_a_redirect_to_nowhere(server: Any, session: Session) -> None:
    server.get(URL, status_code=302)
    with pytest.raises(NotTheService, match="sends us to nowhere"):
        session.get("/api/2.0/things")


def test_a_services_own_rules_are_used(server: Any, clock: FakeClock) -> None:
    server.get(URL, status_code=400, json={"error_code": "TAKEN"})
    with pytest.raises(AlreadyExists):
        Session(BASE, clock=clock, rules=(Rule(AlreadyExists, code="TAKEN"),)).get(URL)


def test_a_cluster_that_is_not_there(server: Any, session: Session) -> None:
    server.get(URL, status_code=404, json={"error_code": "RESOURCE_DOES_NOT_EXIST"})
    with pytest.raises(NotFound) as caught:
        session.get("/api/2.0/things")

    assert (caught.value.status, caught.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


# Bodies that are streamed.


def body_reader(bodies: list[bytes]) -> Callable[..., str]:
    def read(request: Any, context: Any) -> str:
        body = request.body
        bodies.append(body if isinstance(body, bytes) else body.read())
        context.status_code = 503 if len(bodies) == 1 else 200
        return "{}"

    return read


def test_a_file_is_sent_again_from_where_it_began(server: Any, session: Session) -> None:
    bodies: list[bytes] = []
    server.put(URL, text=body_reader(bodies))
    file = io.BytesIO(b"headcontent")
    file.seek(4)
    session.call("PUT", URL, data=file)

    assert bodies == [b"content", b"content"]


def test_bytes_are_sent_again(server: Any, session: Session) -> None:
    bodies: list[bytes] = []
    server.put(URL, text=body_reader(bodies))
    session.call("PUT", URL, data=b"content")

    assert bodies == [b"content", b"content"]


@pytest.mark.parametrize("status", [429, 503, 401])
def test_what_can_be_read_once_is_sent_once(server: Any, clock: FakeClock, status: int) -> None:
    server.put(URL, status_code=status)
    credential = RefreshingToken(Mint(clock), clock=clock)
    with pytest.raises(ModelyardError):
        Session(BASE, clock=clock, credential=credential).call(
            "PUT", URL, data=Stream(b"content"), repeatable=True
        )

    assert server.call_count == 1


def test_an_answer_can_be_streamed(server: Any, session: Session) -> None:
    server.get(URL, content=b"x" * 1000)
    with session.call("GET", URL, stream=True) as answer:
        assert answer.raw.read(10) == b"x" * 10
