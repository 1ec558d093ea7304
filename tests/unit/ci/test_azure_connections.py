from __future__ import annotations

import pytest

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.errors import InputError
from unit.ci import agents

ID = "0f0f0f0f-1111-4222-8333-444444444444"
FEDERATED = {
    f"ENDPOINT_AUTH_SCHEME_{ID}": "WorkloadIdentityFederation",
    f"ENDPOINT_AUTH_PARAMETER_{ID}_TENANTID": "tenant-1",
    f"ENDPOINT_AUTH_PARAMETER_{ID}_SERVICEPRINCIPALID": "client-1",
    "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "made-up-job-token",
    "SYSTEM_OIDCREQUESTURI": "https://dev.azure.com/org/oidctoken",
}
SECRET = {
    f"ENDPOINT_AUTH_SCHEME_{ID}": "ServicePrincipal",
    f"ENDPOINT_AUTH_PARAMETER_{ID}_TENANTID": "tenant-1",
    f"ENDPOINT_AUTH_PARAMETER_{ID}_SERVICEPRINCIPALID": "client-1",
    f"ENDPOINT_AUTH_PARAMETER_{ID}_SERVICEPRINCIPALKEY": "made-up-secret",
}


def test_a_federated_connection(capsys: pytest.CaptureFixture[str]) -> None:
    connection = AzurePipelines(FEDERATED).service_connection(ID)

    assert (connection.tenant_id, connection.client_id) == ("tenant-1", "client-1")
    assert connection.job_token == "made-up-job-token"
    assert "made-up" not in repr(connection)
    masked = [one.data for one in agents.azure_commands(capsys.readouterr().out)]
    assert "made-up-job-token" in masked


def test_a_connection_with_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert AzurePipelines(SECRET).service_connection(ID).client_secret == "made-up-secret"
    masked = [one.data for one in agents.azure_commands(capsys.readouterr().out)]
    assert "made-up-secret" in masked


def test_a_connection_with_a_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"ENDPOINT_AUTH_PARAMETER_{ID}_SERVICEPRINCIPAL"
    variables = {**SECRET, f"{name}KEY": "", f"{name}CERTIFICATE": "made-up-certificate"}
    connection = AzurePipelines(variables).service_connection(ID)

    assert connection.client_certificate == "made-up-certificate"
    assert "made-up" not in repr(connection)
    masked = [one.data for one in agents.azure_commands(capsys.readouterr().out)]
    assert "made-up-certificate" in masked


def test_a_connection_of_the_agents_own_machine() -> None:
    variables = {
        f"ENDPOINT_AUTH_SCHEME_{ID}": "ManagedServiceIdentity",
        f"ENDPOINT_DATA_{ID}_ENVIRONMENT": "AzureUSGovernment",
    }
    connection = AzurePipelines(variables).service_connection(ID)

    assert connection.scheme == "ManagedServiceIdentity"
    assert connection.environment == "AzureUSGovernment"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "the agent gave this step no service connection"),
        ({f"ENDPOINT_AUTH_SCHEME_{ID}": "Token"}, "signs in by Token, which"),
        ({**FEDERATED, "SYSTEM_OIDCREQUESTURI": ""}, "no System.OidcRequestUri"),
        (
            {**FEDERATED, "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": ""},
            "no System.AccessToken",
        ),
        (
            {**SECRET, f"ENDPOINT_AUTH_PARAMETER_{ID}_SERVICEPRINCIPALKEY": ""},
            "no secret or certificate",
        ),
        ({**SECRET, f"ENDPOINT_AUTH_PARAMETER_{ID}_TENANTID": ""}, "no tenant"),
    ],
)
def test_what_the_agent_did_not_give_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        AzurePipelines(environment).service_connection(ID)

    assert said in caught.value.what
    assert caught.value.fix
