"""Who a token belongs to, and why one is refused."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from modelyard.clock import FakeClock
from modelyard.local.cloud import signing
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import (
    DATABRICKS_AUDIENCE,
    OWNER,
    Principal,
    TokenExpired,
    TokenForOther,
    TokenMissing,
    Tokens,
    TokenUnknown,
)

ARM = "https://management.azure.com"


@pytest.fixture
def tokens(cloud: Cloud) -> Tokens:
    return Tokens(cloud)


def entra_token(cloud: Cloud, audience: str = ARM, seconds: int = 3600) -> str:
    key = signing.load_or_create(cloud.folder / "entra")
    claims = {"aud": audience, "exp": int(cloud.clock.time()) + seconds, "appid": "app"}
    return signing.sign(claims, key)


def request(authorization: str | None) -> Request:
    headers = [] if authorization is None else [("Authorization", authorization)]
    return EnvironBuilder(headers=headers).get_request(Request)


def test_a_runs_token_opens_one_service_for_a_time(tokens: Tokens, clock: FakeClock) -> None:
    value = tokens.issue_for_run("run-1", "https://ml.azure.com", 60)
    assert tokens.check(value, ("https://ml.azure.com",)).name == "run-1"
    with pytest.raises(TokenForOther):
        tokens.check(value, (DATABRICKS_AUDIENCE,))
    clock.advance(60)
    with pytest.raises(TokenExpired):
        tokens.check(value, ("https://ml.azure.com",))


def test_a_new_token_belongs_to_its_user(tokens: Tokens) -> None:
    token_id, value = tokens.create("for ci", user="ann@modelyard.local")
    assert tokens.identify(value) == Principal("user", "ann@modelyard.local", token_id)


def test_the_value_is_nowhere_in_the_state(tokens: Tokens, cloud: Cloud) -> None:
    _, value = tokens.create("secret")
    cloud.store.close()
    files = [path for path in cloud.folder.rglob("*") if path.is_file()]
    assert files
    assert all(value.encode() not in path.read_bytes() for path in files)
    assert value not in str(files)


def test_the_list_says_who_and_how_long(tokens: Tokens, clock: FakeClock) -> None:
    token_id, _ = tokens.create("short", 60, "ann@modelyard.local")
    tokens.create("for ever")
    now = int(clock.time() * 1000)
    assert tokens.list("ann@modelyard.local") == [
        {
            "token_id": token_id,
            "comment": "short",
            "user": "ann@modelyard.local",
            "creation_time": now,
            "expiry_time": now + 60_000,
        }
    ]
    assert [(t["comment"], t["user"], t["expiry_time"]) for t in tokens.list()] == [
        ("short", "ann@modelyard.local", now + 60_000),
        ("for ever", OWNER, -1),
    ]


def test_a_revoked_token_is_unknown(tokens: Tokens) -> None:
    token_id, value = tokens.create("x")
    assert tokens.revoke(token_id)
    assert not tokens.revoke(token_id)
    with pytest.raises(TokenUnknown):
        tokens.check(value)


def test_a_token_expires_at_its_time(tokens: Tokens, clock: FakeClock) -> None:
    _, value = tokens.create("x", 60)
    clock.advance(59)
    assert tokens.identify(value) is not None
    clock.advance(1)
    with pytest.raises(TokenExpired):
        tokens.check(value)
    assert tokens.identify(value) is None


@pytest.mark.parametrize("value", ["", "dapi" + "0" * 32, "a.b.c", "ünicode"])
def test_what_was_never_issued_is_unknown(tokens: Tokens, value: str) -> None:
    with pytest.raises(TokenUnknown):
        tokens.check(value)


def test_an_entra_token_belongs_to_its_application(tokens: Tokens, cloud: Cloud) -> None:
    assert tokens.check(entra_token(cloud), (ARM,)) == Principal("service_principal", "app", None)
    assert tokens.identify(entra_token(cloud, ARM + "/"), (ARM,)) is not None


def test_an_entra_token_expires(tokens: Tokens, cloud: Cloud, clock: FakeClock) -> None:
    value = entra_token(cloud, seconds=10)
    clock.advance(10)
    with pytest.raises(TokenExpired):
        tokens.check(value)


def test_an_entra_token_is_for_one_service(tokens: Tokens, cloud: Cloud) -> None:
    with pytest.raises(TokenForOther, match="management"):
        tokens.check(entra_token(cloud), (DATABRICKS_AUDIENCE,))


def test_a_personal_access_token_is_for_the_workspace(tokens: Tokens) -> None:
    _, value = tokens.create("x")
    assert tokens.identify(value, (DATABRICKS_AUDIENCE,)) is not None
    with pytest.raises(TokenForOther):
        tokens.check(value, (ARM,))


def test_an_entra_token_signed_by_another_cloud_is_unknown(
    tokens: Tokens, cloud: Cloud, tmp_path: Path
) -> None:
    claims = {"aud": ARM, "exp": int(cloud.clock.time()) + 60, "appid": "app"}
    foreign = signing.sign(claims, signing.load_or_create(tmp_path / "other"))
    with pytest.raises(TokenUnknown):
        tokens.check(foreign)


def test_an_unsigned_entra_token_is_unknown(tokens: Tokens, cloud: Cloud) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    body = entra_token(cloud).split(".")[1]
    with pytest.raises(TokenUnknown):
        tokens.check(f"{head}.{body}.")


def test_a_request_shows_its_token(tokens: Tokens) -> None:
    _, value = tokens.create("x")
    assert tokens.require(request(f"Bearer {value}")).name == OWNER


@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer", "Negotiate abc"])
def test_a_request_without_a_token_is_told_so(tokens: Tokens, authorization: str | None) -> None:
    with pytest.raises(TokenMissing):
        tokens.require(request(authorization))


def test_reset_revokes_everything(tokens: Tokens) -> None:
    _, value = tokens.create("x")
    tokens.reset()
    assert tokens.identify(value) is None
