from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import requests_mock
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from modelyard.azure import identity
from modelyard.azure.identity.clouds import CHINA, PUBLIC, US_GOVERNMENT, AzureCloud
from modelyard.azure.identity.connection import of_connection
from modelyard.azure.identity.principal import (
    Principal,
    service_principal,
    with_assertion,
    with_certificate,
)
from modelyard.azure.identity.refusals import refusal_in
from modelyard.clock import FakeClock
from modelyard.credentials import RefreshingToken
from modelyard.errors import InputError, NotTheService, Unauthenticated, Unreachable
from modelyard.service_connection import FEDERATED, WITH_SECRET, ServiceConnection

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


def principal(
    clock: FakeClock, tenant_id: str = TENANT, header: str = "Authorization"
) -> RefreshingToken:
    who = service_principal(
        tenant_id=tenant_id, client_id="client-1", client_secret=SECRET, fix="check azure-tenant-id"
    )
    return who.token(identity.DATABRICKS, clock=clock, header=header)


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
    assert "give the secret's value, not its id" in caught.value.fix


def test_entra_out_of_reach_is_not_a_wrong_secret(
    entra: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # azure-core repeats with pauses
    entra.get(requests_mock.ANY, exc=requests.ConnectionError("no route"))
    entra.post(requests_mock.ANY, exc=requests.ConnectionError("no route"))
    with pytest.raises(Unreachable, match="reached to sign in the service principal client-1"):
        principal(clock).headers()


def test_a_tenant_that_cannot_be_one_is_an_input_error(entra: Any, clock: FakeClock) -> None:
    with pytest.raises(InputError, match="client-1 can't sign in: Invalid tenant") as caught:
        principal(clock, tenant_id="not a tenant!").headers()

    assert caught.value.cause.endswith("nothing was sent to Microsoft Entra")
    assert "azure-tenant-id" in caught.value.fix
    assert entra.call_count == 0


OIDC = "https://dev.azure.com/org/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken"
JOB_TOKEN = "made-up-job-token"


def connection(scheme: str, **more: str) -> ServiceConnection:
    return ServiceConnection("c0ffee", scheme, TENANT, "client-1", **more)


def test_a_federated_connection_trades_an_identity_token(
    entra: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", OIDC)
    tokens = with_tokens(entra)
    assertions = entra.post(OIDC, [{"json": {"oidcToken": f"identity-{n}"}} for n in (1, 2)])
    credential = of_connection(connection(FEDERATED, job_token=JOB_TOKEN)).token(
        identity.DATABRICKS, clock=clock
    )

    assert credential.headers() == {"Authorization": "Bearer entra-1"}
    assert assertions.last_request.headers["Authorization"] == f"Bearer {JOB_TOKEN}"
    assert assertions.last_request.qs["serviceconnectionid"] == ["c0ffee"]
    assert "client_assertion=identity-1" in tokens.last_request.text
    credential.renew()  # the assertion has long ended: it takes another
    assert credential.headers() == {"Authorization": "Bearer entra-2"}
    assert "client_assertion=identity-2" in tokens.last_request.text


def test_a_connection_that_the_job_may_not_use(
    entra: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", OIDC)
    entra.post(OIDC, status_code=403, json={"message": f"no {JOB_TOKEN}"})
    who = of_connection(connection(FEDERATED, job_token=JOB_TOKEN))
    with pytest.raises(Unauthenticated) as caught:
        who.token(identity.DATABRICKS, clock=clock).headers()

    assert JOB_TOKEN not in "\n".join(caught.value.lines())
    assert "service connection" in caught.value.fix


def test_a_connection_with_a_secret(entra: Any, clock: FakeClock) -> None:
    tokens = with_tokens(entra)
    who = of_connection(connection(WITH_SECRET, client_secret=SECRET))

    assert who.token(identity.DATABRICKS, clock=clock).headers() == {
        "Authorization": "Bearer entra-1"
    }
    assert f"client_secret={SECRET}" in tokens.last_request.text
    assert SECRET not in repr(who)


@pytest.mark.parametrize("cloud", [US_GOVERNMENT, CHINA], ids=lambda cloud: cloud.name)
def test_a_sovereign_cloud_has_an_entra_of_its_own(clock: FakeClock, cloud: AzureCloud) -> None:
    login = f"https://{cloud.authority}/{TENANT}"
    who = service_principal(
        tenant_id=TENANT, client_id="client-1", client_secret=SECRET, cloud=cloud
    )
    with requests_mock.Mocker() as server:
        server.get(
            f"{login}/v2.0/.well-known/openid-configuration",
            json={
                "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
                "token_endpoint": f"{login}/oauth2/v2.0/token",
                "issuer": f"{login}/v2.0",
            },
        )
        server.get(
            f"https://{cloud.authority}/common/discovery/instance",
            json={"tenant_discovery_endpoint": "", "metadata": []},
        )
        server.post(
            f"{login}/oauth2/v2.0/token",
            json={"token_type": "Bearer", "expires_in": 3599, "access_token": "sovereign"},
        )
        token = who.mint(cloud.resource_manager)
        hosts = {request.hostname for request in server.request_history}

    assert token.value == "sovereign"
    assert hosts == {cloud.authority}


def test_an_identity_token_is_asked_for_with_every_token(entra: Any, clock: FakeClock) -> None:
    tokens = with_tokens(entra)
    given = iter(["identity-1", "identity-2"])
    who = with_assertion(tenant_id=TENANT, client_id="client-1", assertion=lambda: next(given))
    credential = who.token(identity.DATABRICKS, clock=clock)

    credential.headers()
    assert "client_assertion=identity-1" in tokens.last_request.text
    clock.advance(time.time() + 3600 - 299 - clock.time())  # azure-identity has the machine's
    credential.headers()
    assert "client_assertion=identity-2" in tokens.last_request.text


def test_why_there_is_no_identity_token_is_not_lost_in_azure_identity(
    entra: Any, clock: FakeClock
) -> None:
    def refuse() -> str:
        raise InputError("the job has no permission id-token: write")

    who = with_assertion(tenant_id=TENANT, client_id="client-1", assertion=refuse)
    with pytest.raises(InputError, match=r"^the job has no permission id-token: write$"):
        who.mint(identity.DATABRICKS)


def test_a_certificate_that_is_none(entra: Any) -> None:
    who = with_certificate(
        tenant_id=TENANT, client_id="client-1", certificate=b"made up", password=None
    )
    with pytest.raises(InputError, match="client-1 can't sign in: Failed to deserialize") as caught:
        who.mint(identity.DATABRICKS)

    assert "certificate" in caught.value.fix
    assert entra.call_count == 0


def test_a_certificate_without_its_key_is_told_as_that(entra: Any) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nbWFkZSB1cA==\n-----END CERTIFICATE-----\n"
    who = with_certificate(tenant_id=TENANT, client_id="client-1", certificate=pem, password=None)
    with pytest.raises(InputError, match="private key") as caught:
        who.mint(identity.DATABRICKS)

    assert caught.value.cause.endswith("nothing was sent to Microsoft Entra")
    assert "with its private key, in PEM" in caught.value.fix
    assert entra.call_count == 0


@pytest.mark.parametrize(
    ("locked_with", "password"), [(b"made-up-password", None), (None, "made-up-password")]
)
def test_a_key_and_a_password_that_do_not_belong_together(
    entra: Any, locked_with: bytes | None, password: str | None
) -> None:
    lock = BestAvailableEncryption(locked_with) if locked_with else NoEncryption()
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, lock
    )
    who = with_certificate(
        tenant_id=TENANT, client_id="client-1", certificate=pem, password=password
    )
    with pytest.raises(InputError, match="client-1 can't sign in: Password was"):
        who.mint(identity.DATABRICKS)

    assert entra.call_count == 0


def test_a_connection_of_a_sovereign_cloud(clock: FakeClock) -> None:
    who = of_connection(
        connection(WITH_SECRET, client_secret=SECRET, environment="AzureUSGovernment")
    )
    with requests_mock.Mocker() as server:
        server.get(requests_mock.ANY, status_code=400, json={"error": "invalid_tenant"})
        with pytest.raises((InputError, Unauthenticated)):
            who.mint(US_GOVERNMENT.resource_manager)
        assert {request.hostname for request in server.request_history} == {US_GOVERNMENT.authority}


def test_a_connection_of_a_cloud_that_is_not_known() -> None:
    with pytest.raises(InputError, match="AzureStack, not one of AzureCloud, AzureUSGovernment"):
        of_connection(connection(WITH_SECRET, client_secret=SECRET, environment="AzureStack"))


@pytest.mark.parametrize(
    ("number", "cause", "fix"),
    [
        ("7000215", "the client secret is wrong", "give the secret's value, not its id"),
        ("7000222", "the client secret has expired", "workload identity federation"),
        ("700213", "no federated credential", "a federated credential with the subject of the"),
        ("7002138", "other capital letters", "letter for letter"),
        ("700211", "no federated credential", "a federated credential with the issuer of the"),
        ("700212", "another audience", "the audience of the message"),
        ("700016", "no application has this client id", "check both ids"),
        ("700027", "the certificate isn't one of the application's", "upload it"),
        ("700024", "the identity token was too old", "check this machine's clock"),
        ("90002", "no tenant has this id in this cloud", "azure-tenant-id and azure-cloud"),
        ("50034", "isn't one of this tenant", "az login --tenant"),
        ("50076", "a second factor", "a service principal"),
        ("700082", "has ended", "az login"),
        ("9999999", "the secret is wrong or has expired, or the tenant", "check azure-tenant-id"),
    ],
)
def test_what_to_do_about_an_error_of_entras(
    entra: Any, clock: FakeClock, number: str, cause: str, fix: str
) -> None:
    entra.post(
        f"{LOGIN}/oauth2/v2.0/token",
        status_code=401,
        json={
            "error": "invalid_client",
            "error_description": f"AADSTS{number}: Words of Entra's. Trace ID: 1 Correlation ID: 2",
        },
    )
    with pytest.raises(Unauthenticated) as caught:
        principal(clock).headers()

    assert caught.value.what == (
        f"the service principal client-1 can't sign in: AADSTS{number}: Words of Entra's."
    )
    assert cause in caught.value.cause
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the "
            "value.\r\nTrace ID: 1",
            "AADSTS7000215: Invalid client secret provided.",
        ),
        (
            "Token request failed: AADSTS700213: No matching record found for presented assertion "
            "subject 'repo:octo/wine:environment:To Check it'. Check your credential. https://x.y",
            "AADSTS700213: No matching record found for presented assertion "
            "subject 'repo:octo/wine:environment:To Check it'.",
        ),
        (
            "AADSTS700024: Client assertion is not within its valid time range. Current time: "
            "12:00, assertion valid from 10:00. Review the documentation at https://x.y .",
            "AADSTS700024: Client assertion is not within its valid time range. Current time: "
            "12:00, assertion valid from 10:00.",
        ),
        ("AADSTS9999999: A new one. Please do this.", "AADSTS9999999: A new one. Please do this."),
    ],
)
def test_of_entras_words_its_own_advice_is_left_out(text: str, said: str) -> None:
    """But for a number that isn't known here, where there is no better one."""
    found = refusal_in(text)
    assert found
    assert found.said == said


def test_a_tenant_that_is_none_is_said_in_entras_words(entra: Any, clock: FakeClock) -> None:
    entra.get(
        requests_mock.ANY,
        status_code=400,
        json={
            "error": "invalid_tenant",
            "error_description": f"AADSTS90002: Tenant '{TENANT}' not found. Check to make sure "
            "you have the correct tenant ID.\r\nTrace ID: 1\r\nCorrelation ID: 2",
            "error_codes": [90002],
        },
    )
    with pytest.raises(Unauthenticated) as caught:
        principal(clock).headers()
    assert caught.value.what == (
        f"the service principal client-1 can't sign in: AADSTS90002: Tenant '{TENANT}' not found."
    )
    assert caught.value.cause == "no tenant has this id in this cloud"
    assert caught.value.fix == "check azure-tenant-id and azure-cloud"


def test_a_page_in_place_of_entra_is_no_wrong_tenant(entra: Any, clock: FakeClock) -> None:
    entra.get(requests_mock.ANY, status_code=404, text="<html>Blocked</html>")
    with pytest.raises(NotTheService, match="client-1 can't sign in: what answered") as caught:
        principal(clock).headers()
    assert "proxy" in caught.value.fix


def test_the_public_cloud_is_the_one_that_a_principal_is_of_unless_told(clock: FakeClock) -> None:
    assert isinstance(
        service_principal(tenant_id=TENANT, client_id="c", client_secret=SECRET), Principal
    )
    assert PUBLIC.resource_manager == identity.RESOURCE_MANAGER
