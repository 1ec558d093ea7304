from __future__ import annotations

from typing import Any

import pytest
import requests
import requests_mock

from modelyard.azure import identity
from modelyard.clock import FakeClock
from modelyard.credentials import RefreshingToken
from modelyard.errors import InputError, Unauthenticated, Unreachable

TENANT = "11111111-2222-3333-4444-555555555555"
LOGIN = f"https://login.microsoftonline.com/{TENANT}"
SECRET = "made-up-secret-0123"


@pytest.fixture
def entra() -> Any:
    with requests_mock.Mocker() as server:
        server.get(
            f"{LOGIN}/v2.0/.well-known/openid-configuration",
            json={
                "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
                "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
                "issuer": f"{LOGIN}/v2.0",
            },
        )
        server.get(
            "https://login.microsoftonline.com/common/discovery/instance",
            json={"tenant_discovery_endpoint": "", "metadata": []},
        )
        yield server


def with_tokens(entra: Any) -> Any:
    given: list[str] = []

    def token(request: Any, context: Any) -> dict[str, Any]:
        given.append(f"entra-{len(given) + 1}")
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": given[-1]}

    return entra.post(f"{LOGIN}/oauth2/v2.0/token", json=token)


def principal(clock: FakeClock, **more: str) -> RefreshingToken:
    return identity.service_principal(
        **{
            "tenant_id": TENANT,
            "client_id": "client-1",
            "client_secret": SECRET,
            "resource": identity.DATABRICKS,
            **more,
        },
        clock=clock,
    )


def test_a_principal_signs_in_for_one_resource(entra: Any, clock: FakeClock) -> None:
    tokens = with_tokens(entra)

    assert principal(clock).headers() == {"Authorization": "Bearer entra-1"}
    sent = tokens.last_request.text
    assert "scope=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d%2F.default" in sent
    assert "client_id=client-1" in sent


def test_nothing_is_asked_for_before_it_is_needed(entra: Any, clock: FakeClock) -> None:
    principal(clock)

    assert entra.call_count == 0


def test_the_management_token_has_a_header_of_its_own(entra: Any, clock: FakeClock) -> None:
    with_tokens(entra)
    credential = principal(clock, header="X-Databricks-Azure-SP-Management-Token")

    assert credential.headers() == {"X-Databricks-Azure-SP-Management-Token": "entra-1"}


def test_a_refused_token_is_not_taken_from_memory_again(entra: Any, clock: FakeClock) -> None:
    with_tokens(entra)
    credential = principal(clock)
    credential.headers()
    credential.renew()

    assert credential.headers() == {"Authorization": "Bearer entra-2"}


def test_a_wrong_secret_is_said_without_showing_it(entra: Any, clock: FakeClock) -> None:
    entra.post(
        f"{LOGIN}/oauth2/v2.0/token",
        status_code=401,
        json={
            "error": "invalid_client",
            "error_description": f"AADSTS7000215: Invalid client secret {SECRET}.\r\nTrace: 1",
        },
    )
    with pytest.raises(Unauthenticated) as caught:
        principal(clock).headers()

    assert "the service principal client-1 can't sign in" in caught.value.what
    assert "AADSTS7000215" in caught.value.what
    assert SECRET not in "\n".join(caught.value.lines())
    assert "Trace" not in caught.value.what
    assert "azure-client-secret" in caught.value.fix


def test_entra_out_of_reach_is_not_a_wrong_secret(
    entra: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # azure-core repeats with pauses
    entra.get(requests_mock.ANY, exc=requests.ConnectionError("no route"))
    entra.post(requests_mock.ANY, exc=requests.ConnectionError("no route"))
    with pytest.raises(Unreachable, match="Entra can't be reached to sign in client-1"):
        principal(clock).headers()


def test_a_tenant_that_cannot_be_one_is_an_input_error(entra: Any, clock: FakeClock) -> None:
    with pytest.raises(InputError, match="client-1 can't sign in: Invalid tenant") as caught:
        principal(clock, tenant_id="not a tenant!").headers()

    assert "azure-tenant-id" in caught.value.fix
