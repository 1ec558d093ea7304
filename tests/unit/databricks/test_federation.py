from __future__ import annotations

from typing import Any

import pytest
import requests_mock

from modelyard.clock import FakeClock
from modelyard.databricks import federation
from modelyard.errors import ModelyardError, NotTheService, PermissionDenied, Unauthenticated

BASE = "https://adb-1.2.azuredatabricks.net"
IDENTITY = "e30.made-up-identity.x"


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


def exchange(clock: FakeClock) -> Any:
    return federation.exchange(BASE, "client-1", IDENTITY, clock=clock)


def test_an_identity_token_is_traded(server: Any, clock: FakeClock) -> None:
    server.post(f"{BASE}/oidc/v1/token", json={"access_token": "dbx", "expires_in": 3600})
    token = exchange(clock)

    assert (token.value, token.expires_on) == ("dbx", clock.time() + 3600)
    form = dict(pair.split("=") for pair in server.last_request.text.split("&"))
    assert form == {
        "client_id": "client-1",
        "grant_type": "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
        "scope": "all-apis",
        "subject_token": IDENTITY,
        "subject_token_type": "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt",
    }
    assert "Authorization" not in server.last_request.headers


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, "invalid_grant", Unauthenticated),
        (400, "invalid_request", Unauthenticated),
        (401, "invalid_client", Unauthenticated),
        (403, "access_denied", PermissionDenied),
    ],
)
def test_a_refusal_says_what_the_policy_needs(
    server: Any, clock: FakeClock, status: int, error: str, kind: type[ModelyardError]
) -> None:
    server.post(
        f"{BASE}/oidc/v1/token",
        status_code=status,
        json={"error": error, "error_description": f"no policy for {IDENTITY}"},
    )
    with pytest.raises(kind) as caught:
        exchange(clock)

    assert f"answered {status} {error}: no policy for ***" in caught.value.what
    assert "federation policy with the issuer, subject and audience" in caught.value.fix


def test_a_short_breakdown_is_waited_out(server: Any, clock: FakeClock) -> None:
    server.post(f"{BASE}/oidc/v1/token", [{"status_code": 503}, {"json": {"access_token": "dbx"}}])

    assert exchange(clock).value == "dbx"


@pytest.mark.parametrize(
    "body", [{}, {"access_token": ""}, {"access_token": "x", "expires_in": "soon"}]
)
def test_an_answer_without_a_token_is_an_error(
    server: Any, clock: FakeClock, body: dict[str, Any]
) -> None:
    server.post(f"{BASE}/oidc/v1/token", json=body)
    with pytest.raises(NotTheService, match="without an access token"):
        exchange(clock)
