"""Databricks' own federation with databricks-sdk as it is: its policies, and its sign-in."""

from __future__ import annotations

import os

import pytest
import requests
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound
from databricks.sdk.service.oauth2 import FederationPolicy, OidcFederationPolicy

from local.identity_place import PIPELINE, PROJECT, SUBJECT, Place
from modelyard.azure.identity import DATABRICKS
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.databricks.auth.federation_policies import ACCOUNT_ID

CLOUD_SERVICES = ("entra", "arm", "devops", "github_identity", "databricks")
CLIENT = "00000000-1111-4222-8333-444444444444"
ISSUER = "https://token.actions.githubusercontent.com"


@pytest.fixture
def place(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Place:
    cloud.reset()
    for name in ("DATABRICKS_TOKEN", "DATABRICKS_HOST"):
        del os.environ[name]
    return Place(cloud, inside_cloud)


@pytest.fixture
def account(place: Place) -> AccountClient:
    return AccountClient(
        host="https://accounts.azuredatabricks.net",
        account_id=ACCOUNT_ID,
        auth_type="azure-client-secret",
        azure_tenant_id=place.environment["AZURE_TENANT_ID"],
        azure_client_id=place.environment["AZURE_CLIENT_ID"],
        azure_client_secret=place.environment["AZURE_CLIENT_SECRET"],
    )


def policy(subject: str, issuer: str, audience: str) -> FederationPolicy:
    return FederationPolicy(
        description="made by a test",
        oidc_policy=OidcFederationPolicy(issuer=issuer, subject=subject, audiences=[audience]),
    )


def test_policies_are_made_listed_and_removed(place: Place, account: AccountClient) -> None:
    number = int(place.admit(CLIENT))
    policies = account.service_principal_federation_policy
    made = policies.create(number, policy(SUBJECT, ISSUER, "aud"))

    assert made.policy_id
    assert made.oidc_policy is not None
    assert made.oidc_policy.subject == SUBJECT
    assert [one.policy_id for one in policies.list(number)] == [made.policy_id]
    assert policies.get(number, made.policy_id).description == "made by a test"
    policies.delete(number, made.policy_id)
    assert list(policies.list(number)) == []
    with pytest.raises(NotFound):
        policies.get(number, made.policy_id)
    with pytest.raises(DatabricksError, match=r"oidc_policy\.subject"):
        policies.create(number, policy("", ISSUER, "aud"))
    with pytest.raises(NotFound):
        policies.create(999, policy(SUBJECT, ISSUER, "aud"))


def test_github_oidc_of_the_sdk(place: Place, account: AccountClient) -> None:
    host = place.environment["DATABRICKS_HOST"]
    number = int(place.admit(CLIENT))
    account.service_principal_federation_policy.create(
        number, policy(SUBJECT, ISSUER, f"{host}/oidc/v1/token")
    )
    job = place.own("POST", "github/jobs", {"repository": "octo/wine"})
    os.environ.update({name: job[name] for name in job if name.isupper()})
    client = WorkspaceClient(host=host, client_id=CLIENT, auth_type="github-oidc")

    assert client.current_user.me().user_name == CLIENT


def test_azure_devops_oidc_of_the_sdk(place: Place, account: AccountClient) -> None:
    host = place.environment["DATABRICKS_HOST"]
    number = int(place.admit(CLIENT))
    organization = place.cloud.services["devops"].organization  # type: ignore[attr-defined]
    subject = f"p://modelyard-local/{PROJECT}/{PIPELINE}"
    account.service_principal_federation_policy.create(
        number, policy(subject, organization.issuer, "api://AzureADTokenExchange")
    )
    os.environ.update(
        {
            "SYSTEM_ACCESSTOKEN": organization.start_job(PROJECT, PIPELINE),
            "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/modelyard-local/",
            "SYSTEM_TEAMPROJECTID": PROJECT,
            "SYSTEM_PLANID": "1",
            "SYSTEM_JOBID": "2",
            "SYSTEM_HOSTTYPE": "build",
        }
    )
    client = WorkspaceClient(host=host, client_id=CLIENT, auth_type="azure-devops-oidc")

    assert client.current_user.me().user_name == CLIENT


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"subject_token": "not.a.token"}, "invalid_request"),
        ({"client_id": "other"}, "invalid_grant"),
    ],
)
def test_what_the_workspace_does_not_trade(
    place: Place, account: AccountClient, form: dict[str, str], error: str
) -> None:
    host = place.environment["DATABRICKS_HOST"]
    number = int(place.admit(CLIENT))
    account.service_principal_federation_policy.create(number, policy(SUBJECT, ISSUER, "aud"))
    sent = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": place.github().identity_token("aud"),
        "client_id": CLIENT,
    }
    answer = requests.post(f"{host}/oidc/v1/token", data=sent, timeout=30)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")

    refused = requests.post(f"{host}/oidc/v1/token", data=sent | form, timeout=30)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_token_of_the_workspace_is_not_for_resource_manager(
    place: Place, account: AccountClient
) -> None:
    number = int(place.admit(CLIENT))
    audience = f"{place.environment['DATABRICKS_HOST']}/oidc/v1/token"
    account.service_principal_federation_policy.create(number, policy(SUBJECT, ISSUER, audience))
    opened = place.open(place.github(), databricks_client_id=CLIENT)
    headers = {"Authorization": f"Bearer {opened.sign_in.mint(DATABRICKS).value}"}
    answer = requests.get(
        "https://management.azure.com/subscriptions?api-version=2022-12-01",
        headers=headers,
        timeout=30,
    )

    assert answer.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


def test_the_issuers_publish_what_their_tokens_are_signed_with(place: Place) -> None:
    organization = place.cloud.services["devops"].organization  # type: ignore[attr-defined]
    for issuer in (ISSUER, organization.issuer):
        found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
        assert found["issuer"] == issuer
        keys = requests.get(found["jwks_uri"], timeout=30).json()["keys"]
        assert [key["alg"] for key in keys] == ["RS256"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "repository: owner/name"),
        ({"repository": "octo"}, "repository: owner/name"),
        ({"repository": "octo/wine", "brunch": "x"}, "Unknown field 'brunch'"),
        ({"repository": "octo/wine", "ref": 1}, "All fields are texts"),
    ],
)
def test_jobs_that_cannot_be(place: Place, body: dict[str, object], said: str) -> None:
    answer = requests.post(
        f"{place.cloud.url}/modelyard/github/jobs",
        json=body,
        headers=place.cloud.admin_headers,
        timeout=30,
    )
    assert answer.status_code == 400
    assert said in answer.json()["message"]
