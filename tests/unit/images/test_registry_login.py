"""Signing in to registries, without ever showing the password."""

from __future__ import annotations

import base64
import re

import pytest
import requests
import requests_mock

from modelyard.clock import FakeClock
from modelyard.errors import NotTheService, Unauthenticated, Unreachable
from modelyard.images import registry_login
from modelyard.images.registry_login import (
    REFRESH_TOKEN_USER,
    Challenge,
    Login,
    RegistryCredential,
    base_url,
)

BEARER = Challenge("bearer", "https://r.example/oauth2/token", "r.example")
SCOPE = "repository:wine:pull,push"


def credential(challenge: Challenge, login: Login | None, clock: FakeClock) -> RegistryCredential:
    return RegistryCredential(challenge, SCOPE, login, clock=clock)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost", "http://localhost"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("r.example:443", "https://r.example:443"),
        ("localhost.evil.example", "https://localhost.evil.example"),
    ],
)
def test_plain_http_is_for_the_loopback_only(host: str, url: str) -> None:
    assert base_url(host) == url


def test_a_password_is_not_shown() -> None:
    assert "hidden-word" not in repr(Login("user", "hidden-word"))


def test_an_open_registry_asks_for_nothing(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("http://127.0.0.1:5000/v2/", text="{}")
    assert registry_login.ask("127.0.0.1:5000", clock) == Challenge("")


def test_the_challenge_is_read(clock: FakeClock, requests_mock: requests_mock.Mocker) -> None:
    header = 'Bearer realm="https://r.example/oauth2/token", service="r.example",scope=x'
    requests_mock.get(
        "https://r.example/v2/", status_code=401, headers={"WWW-Authenticate": header}
    )
    assert registry_login.ask("r.example", clock) == BEARER


@pytest.mark.parametrize("status", [200 + 102, 401, 403, 404])
def test_a_host_that_is_no_registry_is_named(
    clock: FakeClock, requests_mock: requests_mock.Mocker, status: int
) -> None:
    requests_mock.get("https://r.example/v2/", status_code=status, text="<html>")
    with pytest.raises(NotTheService, match=r"r\.example"):
        registry_login.ask("r.example", clock)


def test_a_registry_that_stumbles_is_asked_again(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    answers = [{"exc": requests.ConnectionError("gone")}, {"status_code": 503}, {"text": "{}"}]
    requests_mock.get("https://r.example/v2/", answers)
    assert registry_login.ask("r.example", clock) == Challenge("")
    assert clock.slept == [1.0, 2.0]


def test_no_connection_is_said_so(clock: FakeClock, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get("https://r.example/v2/", exc=requests.ConnectionError("refused"))
    with pytest.raises(Unreachable, match="refused"):
        registry_login.ask("r.example", clock)


def test_basic_sends_the_login_and_nothing_without_one(clock: FakeClock) -> None:
    pair = base64.b64encode(b"user:word").decode()
    basic = credential(Challenge("basic"), Login("user", "word"), clock)
    assert basic.headers() == {"Authorization": f"Basic {pair}"}
    assert {"word", pair} <= set(basic.secrets())
    assert credential(Challenge("basic"), None, clock).headers() == {}
    assert credential(Challenge(""), Login("user", "word"), clock).headers() == {}


def test_a_token_is_minted_once_and_again_when_it_was_refused(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    answers = [{"json": {"access_token": "first"}}, {"json": {"token": "second"}}]
    mint = requests_mock.get(BEARER.realm, answers)
    found = credential(BEARER, Login("user", "word"), clock)
    assert [found.headers()["Authorization"] for _ in range(2)] == ["Bearer first"] * 2
    assert found.renew()
    assert found.headers() == {"Authorization": "Bearer second"}
    assert mint.call_count == 2
    assert mint.last_request is not None
    assert mint.last_request.qs == {"service": ["r.example"], "scope": [SCOPE]}
    assert mint.last_request.headers["Authorization"].startswith("Basic ")
    assert {"first", "second", "word"} <= set(found.secrets())


def test_without_a_login_the_token_is_an_anonymous_one(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    mint = requests_mock.get(BEARER.realm, json={"token": "t"})
    assert credential(BEARER, None, clock).headers() == {"Authorization": "Bearer t"}
    assert mint.last_request is not None
    assert "Authorization" not in mint.last_request.headers


def test_a_refresh_token_is_exchanged_in_the_body(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    mint = requests_mock.post(BEARER.realm, json={"access_token": "t"})
    found = credential(BEARER, Login(REFRESH_TOKEN_USER, "fresh"), clock)
    assert found.headers() == {"Authorization": "Bearer t"}
    request = mint.last_request
    assert request is not None
    assert "grant_type=refresh_token&refresh_token=fresh" in request.text
    assert "fresh" not in request.url
    assert "Authorization" not in request.headers


def test_a_wrong_password_is_an_error_that_does_not_show_it(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    body = {"errors": [{"code": "UNAUTHORIZED", "message": "no such word: hidden-word"}]}
    requests_mock.get(BEARER.realm, status_code=401, json=body)
    with pytest.raises(Unauthenticated) as refused:
        credential(BEARER, Login("user", "hidden-word"), clock).headers()
    assert "hidden-word" not in str(refused.value)
    assert "no such word" in str(refused.value)


def test_a_password_is_never_sent_in_clear_text(clock: FakeClock) -> None:
    for realm in ("http://r.example/token", "", "ftp://r.example"):
        found = credential(Challenge("bearer", realm), Login("user", "word"), clock)
        with pytest.raises(NotTheService, match=re.escape(repr(realm))):
            found.headers()


def test_an_answer_without_a_token_is_an_error(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(BEARER.realm, json={})
    with pytest.raises(Unauthenticated, match="no token"):
        credential(BEARER, None, clock).headers()
