"""Sign-in with azure-identity, unmodified, through the environment alone; and Resource Manager."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    EnvironmentCredential,
)
from cryptography.hazmat.primitives.asymmetric import rsa

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, WORKSPACE_NAME

CLOUD_SERVICES = ("entra", "arm")
ARM = "https://management.azure.com"
WORKSPACES = "providers/Microsoft.Databricks/workspaces"


@pytest.fixture(autouse=True)
def _defaults(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Iterator[None]:
    yield
    cloud.services["entra"].reset()


def arm(path: str, token: str | None, version: str = "2024-05-01") -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(
        f"{ARM}{path}", params={"api-version": version}, headers=headers, timeout=30
    )


def arm_token() -> str:
    with EnvironmentCredential() as credential:
        return str(credential.get_token(f"{ARM}/.default").token)


@pytest.mark.parametrize("kind", [EnvironmentCredential, DefaultAzureCredential])
def test_credentials_of_the_environment(kind: type[Any], inside_cloud: dict[str, str]) -> None:
    with kind() as credential:
        token = credential.get_token(f"{ARM}/.default")
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert claims["appid"] == inside_cloud["AZURE_CLIENT_ID"]
    assert claims["tid"] == inside_cloud["AZURE_TENANT_ID"]
    assert 3500 < token.expires_on - time.time() < 3700
    assert (
        arm("/subscriptions", token.token).json()["value"][0]["subscriptionId"]
        == (inside_cloud["AZURE_SUBSCRIPTION_ID"])
    )


def credential(environment: dict[str, str], **changes: str) -> ClientSecretCredential:
    arguments = {
        "tenant_id": environment["AZURE_TENANT_ID"],
        "client_id": environment["AZURE_CLIENT_ID"],
        "client_secret": environment["AZURE_CLIENT_SECRET"],
    }
    return ClientSecretCredential(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215: Invalid client secret"),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, "AADSTS700016: Application with"),
    ],
)
def test_wrong_credentials(
    inside_cloud: dict[str, str], changes: dict[str, str], message: str
) -> None:
    with (
        credential(inside_cloud, **changes) as wrong,
        pytest.raises(ClientAuthenticationError, match=message),
    ):
        wrong.get_token(f"{ARM}/.default")


def test_an_unknown_tenant(inside_cloud: dict[str, str]) -> None:
    with (
        credential(inside_cloud, tenant_id="11111111-0000-4000-8000-000000000000") as wrong,
        pytest.raises(ClientAuthenticationError, match="double check your tenant name or GUID"),
    ):
        wrong.get_token(f"{ARM}/.default")
    answer = requests.post(
        "https://login.microsoftonline.com/contoso/oauth2/v2.0/token",
        data={"scope": f"{ARM}/.default"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert "AADSTS90002: Tenant 'contoso' not found" in answer.json()["error_description"]


def test_the_body_of_a_refusal(inside_cloud: dict[str, str]) -> None:
    answer = requests.post(
        f"https://login.microsoftonline.com/{inside_cloud['AZURE_TENANT_ID']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": inside_cloud["AZURE_CLIENT_ID"],
            "client_secret": "wrong",
            "scope": f"{ARM}/.default",
        },
        headers={"client-request-id": "11111111-2222-4333-8444-555555555555"},
        timeout=30,
    )
    body = answer.json()
    assert answer.status_code == 401
    assert body["error"] == "invalid_client"
    assert body["error_codes"] == [7000215]
    assert body["error_description"].startswith("AADSTS7000215: Invalid client secret provided.")
    assert body["correlation_id"] == "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize("scope", ["", "openid", f"{ARM}/user_impersonation"])
def test_scopes_that_are_not_valid(inside_cloud: dict[str, str], scope: str) -> None:
    answer = requests.post(
        f"https://login.microsoftonline.com/{inside_cloud['AZURE_TENANT_ID']}/oauth2/v2.0/token",
        data={"scope": scope},
        timeout=30,
    )
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_scope", "invalid_request")


def test_version_1_takes_a_resource(inside_cloud: dict[str, str]) -> None:
    """What databricks-sdk asks for: times are strings there."""
    answer = requests.post(
        f"https://login.microsoftonline.com/{inside_cloud['AZURE_TENANT_ID']}/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": inside_cloud["AZURE_CLIENT_ID"],
            "client_secret": inside_cloud["AZURE_CLIENT_SECRET"],
            "resource": "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d",
        },
        timeout=30,
    ).json()
    assert answer["expires_in"] == "3599"
    assert abs(int(answer["expires_on"]) - time.time() - 3599) < 60
    assert answer["resource"] == "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
    refused = arm("/subscriptions", answer["access_token"])
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


def test_the_published_keys_verify_a_token(inside_cloud: dict[str, str]) -> None:
    tenant = f"https://login.microsoftonline.com/{inside_cloud['AZURE_TENANT_ID']}"
    configuration = requests.get(
        f"{tenant}/v2.0/.well-known/openid-configuration", timeout=30
    ).json()
    keys = requests.get(configuration["jwks_uri"], timeout=30).json()
    token = arm_token()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, ["RS256"], audience=ARM)


def test_a_token_expires_when_its_time_is_over(cloud: LocalCloud) -> None:
    url, key = f"{cloud.url}/modelyard", cloud.admin_headers
    lifetime = {"token_lifetime_seconds": 60}
    answer = requests.put(f"{url}/entra", json=lifetime, headers=key, timeout=30)
    assert answer.json() == lifetime
    token = arm_token()
    assert arm("/subscriptions", token).status_code == 200
    passed = requests.post(f"{url}/clock", json={"advance_seconds": 61}, headers=key, timeout=30)
    assert passed.status_code == 200
    answer = arm("/subscriptions", token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        401,
        "ExpiredAuthenticationToken",
    )
    assert arm("/subscriptions", arm_token()).status_code == 200


@pytest.mark.parametrize("body", [{}, [], {"token_lifetime_seconds": "60"}])
def test_a_setting_that_makes_no_sense_is_refused(cloud: LocalCloud, body: Any) -> None:
    answer = requests.put(
        f"{cloud.url}/modelyard/entra", json=body, headers=cloud.admin_headers, timeout=30
    )
    assert answer.status_code == 400
    assert "token_lifetime_seconds" in answer.json()["message"]


def test_a_federated_credential_in_place_of_a_secret(
    cloud: LocalCloud, inside_cloud: dict[str, str]
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {
        "iss": "https://vstoken.dev.azure.com/11111111-0000-4000-8000-000000000000",
        "sub": "sc://octo/model/azure",
        "aud": "api://AzureADTokenExchange",
        "exp": int(time.time()) + 3600 * 24,
    }
    assertion = ClientAssertionCredential(
        inside_cloud["AZURE_TENANT_ID"],
        inside_cloud["AZURE_CLIENT_ID"],
        lambda: jwt.encode(claims, key, "RS256"),
    )
    with assertion:
        with pytest.raises(ClientAuthenticationError, match="AADSTS700211"):
            assertion.get_token(f"{ARM}/.default")
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        trusted = {"issuer": claims["iss"], "subject": claims["sub"], "keys": [jwk]}
        url = f"{cloud.url}/modelyard/entra/federated-credentials"
        for body, status in (({**trusted, "keys": ["x"]}, 400), (trusted, 200)):
            answer = requests.post(url, json=body, headers=cloud.admin_headers, timeout=30)
            assert answer.status_code == status
        token = assertion.get_token(f"{ARM}/.default").token
    assert arm("/subscriptions", token).status_code == 200


GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUP}/{WORKSPACES}/{WORKSPACE_NAME}",
        f"{GROUP.replace('resourceGroups', 'resourcegroups')}/{WORKSPACES}/{WORKSPACE_NAME}",
        f"{GROUP}/{WORKSPACES}",
        f"/subscriptions/{SUBSCRIPTION_ID}/{WORKSPACES}",
    ],
)
def test_the_workspace_is_found_by_its_id_and_in_lists(path: str, cloud: LocalCloud) -> None:
    answer = arm(path, arm_token())
    assert answer.status_code == 200
    body = answer.json()
    workspace = body["value"][0] if "value" in body else body
    assert workspace["id"] == f"{GROUP}/{WORKSPACES}/{WORKSPACE_NAME}"
    assert workspace["properties"]["workspaceUrl"] == cloud.cloud.workspace_host


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subscriptions/11111111-0000-4000-8000-000000000000", "SubscriptionNotFound"),
        (f"{GROUP}-x/{WORKSPACES}", "ResourceGroupNotFound"),
        (f"{GROUP}/{WORKSPACES}/other", "ResourceNotFound"),
    ],
)
def test_what_is_not_there(path: str, code: str) -> None:
    answer = arm(path, arm_token())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (404, code, [])


def test_a_request_without_a_version(inside_cloud: dict[str, str]) -> None:
    answer = arm("/subscriptions", arm_token(), version="")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "MissingApiVersionParameter"


@pytest.mark.parametrize(
    ("token", "code"), [(None, "AuthenticationFailed"), ("x.y.z", "InvalidAuthenticationToken")]
)
def test_without_a_valid_token(token: str | None, code: str, inside_cloud: dict[str, str]) -> None:
    answer = arm("/subscriptions", token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert inside_cloud["AZURE_TENANT_ID"] in answer.headers["WWW-Authenticate"]


def test_a_token_of_the_workspace_is_not_for_resource_manager(
    inside_cloud: dict[str, str],
) -> None:
    answer = arm("/subscriptions", inside_cloud["DATABRICKS_TOKEN"])
    assert answer.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"
