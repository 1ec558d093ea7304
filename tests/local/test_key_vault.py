"""Key Vault with azure-keyvault-secrets and azure-identity, unmodified, through the environment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID

CLOUD_SERVICES = ("entra", "arm", "keyvault")
VAULT = "https://modelyard-local.vault.azure.net"
ARM = "https://management.azure.com"
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
VAULTS = f"{GROUP}/providers/Microsoft.KeyVault/vaults"
USER = "4633458b-17de-408a-b874-0445c86b69e6"


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalCloud, inside_cloud: dict[str, str]) -> None:
    cloud.services["keyvault"].reset()


@pytest.fixture
def credential(inside_cloud: dict[str, str]) -> Iterator[DefaultAzureCredential]:
    with DefaultAzureCredential() as found:
        yield found


@pytest.fixture
def client(credential: DefaultAzureCredential) -> Iterator[SecretClient]:
    with SecretClient(VAULT, credential) as found:
        yield found


@pytest.fixture
def manage(credential: DefaultAzureCredential) -> Any:
    def call(method: str, path: str, body: object = None) -> requests.Response:
        token = credential.get_token(f"{ARM}/.default").token
        return requests.request(
            method,
            f"{ARM}{path}",
            params={"api-version": "2023-07-01"},
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    return call


def test_a_secret_with_its_versions(client: SecretClient) -> None:
    value = 'first "line"\nsecond: ü %0A ;]\n'
    first = client.set_secret("db-password", value, content_type="text/plain", tags={"a": "b"})
    second = client.set_secret("db-password", "other")

    assert client.get_secret("db-password").value == "other"
    found = client.get_secret("DB-Password", first.properties.version)
    assert (found.value, found.properties.content_type) == (value, "text/plain")
    assert found.properties.tags == {"a": "b"}
    assert found.properties.created_on is not None
    assert found.properties.recovery_level == "Recoverable+Purgeable"
    assert found.id == f"{VAULT}/secrets/db-password/{first.properties.version}"
    versions = {one.version for one in client.list_properties_of_secret_versions("db-password")}
    assert versions == {first.properties.version, second.properties.version}


def test_the_first_request_has_neither_token_nor_body(cloud: LocalCloud) -> None:
    answer = requests.put(f"{VAULT}/secrets/a", params={"api-version": "7.4"}, timeout=30)
    assert answer.status_code == 401
    tenant = cloud.environment["AZURE_TENANT_ID"]
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization="https://login.microsoftonline.com/{tenant}", '
        'resource="https://vault.azure.net"'
    )
    assert answer.json()["error"]["message"].startswith("AKV10000")


def test_pages(client: SecretClient) -> None:
    names = [f"secret-{number:02}" for number in range(30)]
    for name in names:
        client.set_secret(name, "x" * 8)
    pages = [list(page) for page in client.list_properties_of_secrets().by_page()]
    assert [len(page) for page in pages] == [25, 5]
    assert [one.name for page in pages for one in page] == names
    assert len(list(client.list_properties_of_secrets(max_page_size=7).by_page())) == 5


def test_a_disabled_secret_is_refused_and_an_expired_one_is_not(client: SecretClient) -> None:
    past = datetime.now(timezone.utc) - timedelta(days=1)
    client.set_secret("off", "secret-1", enabled=False)
    client.set_secret("old", "secret-2", expires_on=past, not_before=past - timedelta(days=1))

    with pytest.raises(HttpResponseError, match="not allowed on a disabled secret") as caught:
        client.get_secret("off")
    assert caught.value.status_code == 403
    assert caught.value.error is not None
    assert caught.value.error.innererror == {"code": "SecretDisabled"}
    old = client.get_secret("old")
    assert old.value == "secret-2"
    assert old.properties.expires_on == past.replace(microsecond=0)
    client.update_secret_properties("off", enabled=True)
    assert client.get_secret("off").value == "secret-1"


def test_deleted_recovered_purged(client: SecretClient) -> None:
    client.set_secret("gone", "secret-1")
    deleted = client.begin_delete_secret("gone", _polling_interval=0).result()
    assert deleted.recovery_id == f"{VAULT}/deletedsecrets/gone"
    assert deleted.scheduled_purge_date is not None
    assert deleted.deleted_date is not None
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)
    with pytest.raises(ResourceNotFoundError, match="you may be able to recover it"):
        client.get_secret("gone")
    with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
        client.set_secret("gone", "again")
    assert [one.name for one in client.list_deleted_secrets()] == ["gone"]

    client.begin_recover_deleted_secret("gone", _polling_interval=0).wait()
    assert client.get_secret("gone").value == "secret-1"
    client.begin_delete_secret("gone", _polling_interval=0).wait()
    client.purge_deleted_secret("gone")
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret("gone")
    client.set_secret("gone", "again")


def test_a_role_is_needed(client: SecretClient, manage: Any, cloud: LocalCloud) -> None:
    client.set_secret("a", "secret-1")
    for one in manage("GET", f"{GROUP}/providers/Microsoft.Authorization/roleAssignments").json()[
        "value"
    ]:
        assert manage("DELETE", one["id"]).status_code == 200

    with pytest.raises(HttpResponseError) as caught:
        client.get_secret("a")
    assert caught.value.error is not None
    assert caught.value.error.innererror == {"code": "ForbiddenByRbac"}
    assert "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'" in str(caught.value)

    principal = str(caught.value).partition("oid=")[2].partition(";")[0]
    scope = f"{VAULTS}/modelyard-local"
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{'1' * 8}-0000-4000-8000-1"
    properties = {
        "principalId": principal,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{USER}",
    }
    assert manage("PUT", path, {"properties": properties}).status_code == 200
    assert client.get_secret("a").value == "secret-1"
    with pytest.raises(HttpResponseError, match="setSecret/action"):
        client.set_secret("a", "secret-2")


def test_a_vault_with_access_policies(
    manage: Any, credential: DefaultAzureCredential, cloud: LocalCloud
) -> None:
    tenant = cloud.environment["AZURE_TENANT_ID"]
    wanted = {
        "location": "westeurope",
        "properties": {"tenantId": tenant, "sku": {"family": "A", "name": "standard"}},
    }
    made = manage("PUT", f"{VAULTS}/with-policies", wanted).json()
    assert made["properties"]["vaultUri"] == "https://with-policies.vault.azure.net/"
    assert [one["name"] for one in manage("GET", VAULTS).json()["value"]] == [
        "modelyard-local",
        "with-policies",
    ]
    with SecretClient(made["properties"]["vaultUri"], credential) as client:
        with pytest.raises(HttpResponseError, match="does not have secrets list perm") as caught:
            list(client.list_properties_of_secrets())
        assert caught.value.error is not None
        assert caught.value.error.innererror == {"code": "ForbiddenByPolicy"}
        principal = str(caught.value).partition("oid=")[2].partition(";")[0]
        policy = {
            "tenantId": tenant,
            "objectId": principal,
            "permissions": {"secrets": ["get", "set"]},
        }
        body = {"properties": {"accessPolicies": [policy]}}
        answer = manage("PUT", f"{VAULTS}/with-policies/accessPolicies/add", body)
        assert answer.status_code == 200
        client.set_secret("a", "secret-1")
        assert client.get_secret("a").value == "secret-1"
        with pytest.raises(HttpResponseError, match="secrets list permission"):
            list(client.list_properties_of_secrets())
    assert manage("DELETE", f"{VAULTS}/with-policies").status_code == 200
    assert manage("GET", f"{VAULTS}/with-policies").status_code == 404


def test_a_wrong_identity_and_a_wrong_vault(
    credential: DefaultAzureCredential, cloud: LocalCloud
) -> None:
    environment = cloud.environment
    with (
        ClientSecretCredential(
            environment["AZURE_TENANT_ID"], environment["AZURE_CLIENT_ID"], "wrong"
        ) as wrong,
        SecretClient(VAULT, wrong) as client,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        client.get_secret("a")
    with (
        SecretClient("https://nobody-has-this.vault.azure.net", credential) as client,
        pytest.raises(ResourceNotFoundError, match="no key vault nobody-has-this"),
    ):
        client.get_secret("a")


def test_what_is_refused(client: SecretClient) -> None:
    with pytest.raises(HttpResponseError, match="at most 25 KB"):
        client.set_secret("large", "x" * (25 * 1024 + 1))
    with pytest.raises(HttpResponseError, match="invalid name"):
        client.set_secret("under_score", "x")
    client.set_secret("a", "secret-1")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("a", "0" * 32)


READ = """
import sys
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

with DefaultAzureCredential() as credential, SecretClient(sys.argv[1], credential) as client:
    found = client.get_secret("pem")
    sys.stdout.write(repr((found.value, found.properties.content_type)))
"""


def modelyard(
    cloud: LocalCloud, library_path: dict[str, str], *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    command, *more = arguments
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "modelyard", "local", command, *more],
        input=given,
        env={**library_path, "MODELYARD_LOCAL_STATE": str(cloud.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_secret_set_by_hand_is_read_by_a_program(
    cloud: LocalCloud, library_path: dict[str, str]
) -> None:
    run = partial(modelyard, cloud, library_path)
    options = ("--content-type", "application/x-pem-file", "--expires", "2030-01-31")
    done = run("secret", "set", "own-vault", "pem", *options, given="line 1\nline 2\n\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("https://own-vault.vault.azure.net/secrets/pem/")
    assert run("secret", "list").stdout == "modelyard-local\nown-vault\n  pem\n"

    program = (sys.executable, "-c", READ, "https://own-vault.vault.azure.net")
    read = run("exec", "--", *program)
    assert read.stdout == repr(("line 1\nline 2\n", "application/x-pem-file")), read.stderr
    for problem, bad, value in (
        ("no value on standard input", ("own-vault", "a"), ""),
        ("invalid name: a_b", ("own-vault", "a_b"), "x"),
        ("vault name 'x' is invalid", ("x", "a"), "x"),
    ):
        refused = run("secret", "set", *bad, given=value)
        assert refused.returncode == 2
        assert problem in refused.stderr
