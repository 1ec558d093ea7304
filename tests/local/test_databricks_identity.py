"""Service principals with Entra tokens in the workspace, through their real clients."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from azure.identity import ClientSecretCredential
from databricks.sdk import WorkspaceClient

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, WORKSPACE_NAME
from modelyard.local.cloud.shifted_clock import ShiftedClock
from modelyard.local.cloud.tokens import DATABRICKS_AUDIENCE

CLOUD_SERVICES = ("entra", "arm", "databricks")

RESOURCE_ID = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.Databricks/workspaces/{WORKSPACE_NAME}"
)


def token(environment: dict[str, str], resource: str) -> str:
    credential = ClientSecretCredential(
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        environment["AZURE_CLIENT_SECRET"],
    )
    return str(credential.get_token(f"{resource}/.default").token)


def call(environment: dict[str, str], bearer: str, **headers: str) -> Any:
    return requests.get(
        f"{environment['DATABRICKS_HOST']}/api/2.0/preview/scim/v2/Me",
        headers={"Authorization": f"Bearer {bearer}", **headers},
        timeout=10,
    )


def known_token(environment: dict[str, str]) -> str:
    """A token of the service principal, which the workspace knows from now on."""
    bearer = token(environment, DATABRICKS_AUDIENCE)
    management = token(environment, "https://management.core.windows.net/")
    answer = call(
        environment,
        bearer,
        **{
            "X-Databricks-Azure-SP-Management-Token": management,
            "X-Databricks-Azure-Workspace-Resource-Id": RESOURCE_ID,
        },
    )
    assert answer.status_code == 200
    return bearer


def test_first_contact_then_a_plain_token(inside_cloud: dict[str, str]) -> None:
    bearer = token(inside_cloud, DATABRICKS_AUDIENCE)
    stranger = call(inside_cloud, bearer)
    assert (stranger.status_code, stranger.json()["message"]) == (403, "User not authorized.")
    known_token(inside_cloud)
    me = call(inside_cloud, bearer)
    assert me.json()["userName"] == inside_cloud["AZURE_CLIENT_ID"]


def test_the_sdk_signs_in_with_a_client_secret(
    inside_cloud: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABRICKS_TOKEN")
    client = WorkspaceClient(
        auth_type="azure-client-secret",
        azure_workspace_resource_id=RESOURCE_ID,
        azure_tenant_id=inside_cloud["AZURE_TENANT_ID"],
        azure_client_id=inside_cloud["AZURE_CLIENT_ID"],
        azure_client_secret=inside_cloud["AZURE_CLIENT_SECRET"],
    )
    assert client.current_user.me().user_name == inside_cloud["AZURE_CLIENT_ID"]
    made = client.tokens.create(comment="for a compute", lifetime_seconds=60)
    assert made.token_value
    other = WorkspaceClient(host=inside_cloud["DATABRICKS_HOST"], token=made.token_value)
    assert other.current_user.me().user_name == inside_cloud["AZURE_CLIENT_ID"]


def test_a_service_principal_may_name_a_key_vault_as_a_scope(inside_cloud: dict[str, str]) -> None:
    bearer = known_token(inside_cloud)
    answer = requests.post(
        f"{inside_cloud['DATABRICKS_HOST']}/api/2.0/secrets/scopes/create",
        headers={"Authorization": f"Bearer {bearer}"},
        json={
            "scope": "vault",
            "scope_backend_type": "AZURE_KEYVAULT",
            "backend_azure_keyvault": {
                "resource_id": "/subscriptions/x/vaults/ml",
                "dns_name": "https://ml.vault.azure.net/",
            },
        },
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def test_an_expired_token_is_a_401(inside_cloud: dict[str, str], cloud: LocalCloud) -> None:
    bearer = known_token(inside_cloud)
    assert isinstance(cloud.clock, ShiftedClock)
    cloud.clock.advance(86_400)
    answer = call(inside_cloud, bearer)
    assert (answer.status_code, answer.json()["message"]) == (401, "Token is expired.")
