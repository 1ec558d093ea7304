from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace
from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.secrets.models import Secrets
from modelyard.local.cloud.keyvault.access import Access
from modelyard.local.cloud.keyvault.secrets import Secrets as VaultSecrets
from modelyard.local.cloud.keyvault.vaults import Vaults
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER, Principal

VAULT = {"resource_id": "/subscriptions/x", "dns_name": "https://lake.vault.azure.net/"}


def principal(name: str, kind: Any = "service_principal") -> Principal:
    return Principal(kind, name, None)


def test_secrets_are_put_listed_read_and_deleted(workspace: Workspace) -> None:
    assert workspace.get("secrets/scopes/list") == {}
    workspace.post("secrets/scopes/create", scope="ml")
    assert workspace.get("secrets/list", scope="ml") == {}
    workspace.post("secrets/put", scope="ml", key="b", string_value="geheim é")
    workspace.post(
        "secrets/put", scope="ml", key="a", bytes_value=base64.b64encode(b"\x00").decode()
    )
    listed = workspace.get("secrets/list", scope="ml")["secrets"]
    assert [secret["key"] for secret in listed] == ["a", "b"]
    assert "value" not in listed[0]
    got = workspace.get("secrets/get", scope="ml", key="b")
    assert base64.b64decode(got["value"]).decode() == "geheim é"
    workspace.post("secrets/delete", scope="ml", key="b")
    with pytest.raises(ApiFailure) as failure:
        workspace.get("secrets/get", scope="ml", key="b")
    assert failure.value.message == "Secret does not exist with scope: ml and key: b"
    assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    workspace.post("secrets/scopes/delete", scope="ml")
    assert workspace.get("secrets/scopes/list") == {}


def test_an_empty_secret_is_a_secret(workspace: Workspace) -> None:
    workspace.post("secrets/scopes/create", scope="ml")
    workspace.post("secrets/put", scope="ml", key="a", string_value="")
    assert workspace.get("secrets/get", scope="ml", key="a")["value"] == ""


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("put", {"scope": "no", "key": "a", "string_value": "x"}, "Scope no does not exist!"),
        ("put", {"scope": "ml", "key": "a"}, "Exactly one of"),
        (
            "put",
            {"scope": "ml", "key": "a", "string_value": "x", "bytes_value": "eA=="},
            "Exactly one",
        ),
        ("put", {"scope": "ml", "key": "a", "bytes_value": "%"}, "base64"),
        ("put", {"scope": "ml", "key": "a b", "string_value": "x"}, "Secret key can only contain"),
        ("put", {"scope": "ml", "key": "a", "string_value": "x" * 131073}, "at most 131072 bytes"),
        ("delete", {"scope": "ml", "key": "a"}, "Secret does not exist"),
        ("scopes/create", {"scope": "ml"}, "Scope ml already exists!"),
        ("scopes/create", {"scope": "a b"}, "Scope name can only contain"),
        ("scopes/create", {"scope": "x", "initial_manage_principal": "me"}, "can only be 'users'"),
        ("scopes/create", {"scope": "x", "scope_backend_type": "VAULT"}, "Unknown scope_backend"),
        ("scopes/delete", {"scope": "no"}, "does not exist"),
        ("acls/put", {"scope": "ml", "principal": "x", "permission": "OWN"}, "Unknown permission"),
        ("acls/delete", {"scope": "ml", "principal": "x"}, "Failed to get secret acl"),
    ],
)
def test_what_is_wrong_is_told(
    workspace: Workspace, path: str, fields: dict[str, str], told: str
) -> None:
    workspace.post("secrets/scopes/create", scope="ml")
    with pytest.raises(ApiFailure, match=told):
        workspace.post(f"secrets/{path}", **fields)


def test_permissions_are_shown(workspace: Workspace) -> None:
    workspace.post("secrets/scopes/create", scope="ml", initial_manage_principal="users")
    workspace.post("secrets/acls/put", scope="ml", principal="app", permission="READ")
    items = workspace.get("secrets/acls/list", scope="ml")["items"]
    assert items == [
        {"principal": "users", "permission": "MANAGE"},
        {"principal": "app", "permission": "READ"},
    ]
    one = workspace.get("secrets/acls/get", scope="ml", principal="app")
    assert one == {"principal": "app", "permission": "READ"}
    workspace.post("secrets/acls/delete", scope="ml", principal="app")
    with pytest.raises(ApiFailure, match="Failed to get secret acl"):
        workspace.get("secrets/acls/get", scope="ml", principal="app")


def test_permissions_are_enforced(cloud: Cloud) -> None:
    secrets = Secrets(cloud)
    maker, reader, nobody = principal("maker"), principal("reader"), principal("nobody")
    secrets.create_scope("ml", maker, everybody=False, vault=None)
    secrets.put("ml", "key", b"value", maker)
    secrets.put_acl("ml", "reader", "READ", maker)
    assert secrets.get("ml", "key", reader) == b"value"
    assert secrets.get("ml", "key", principal(OWNER, "user")) == b"value"
    for call in (
        lambda: secrets.get("ml", "key", nobody),
        lambda: secrets.put("ml", "key", b"x", reader),
        lambda: secrets.put_acl("ml", "reader", "MANAGE", reader),
        lambda: secrets.delete_scope("ml", reader),
    ):
        with pytest.raises(ApiError) as error:
            call()
        assert (error.value.code, error.value.error_code) == (403, "PERMISSION_DENIED")


def test_a_scope_of_a_key_vault_needs_an_entra_token_as_in_the_service(
    workspace: Workspace,
) -> None:
    with pytest.raises(ApiFailure, match="must have userAADToken defined"):
        workspace.post(
            "secrets/scopes/create",
            scope="vault",
            scope_backend_type="AZURE_KEYVAULT",
            backend_azure_keyvault=VAULT,
        )
    with pytest.raises(ApiFailure, match=r"backend_azure_keyvault\.dns_name"):
        workspace.post(
            "secrets/scopes/create",
            scope="vault",
            scope_backend_type="AZURE_KEYVAULT",
            backend_azure_keyvault={"resource_id": "x"},
        )


def test_a_scope_of_a_key_vault(workspace: Workspace) -> None:
    cloud = workspace.cloud
    secrets, app = workspace.model.secrets, principal("app")
    secrets.create_scope("vault", app, everybody=True, vault=VAULT)
    assert workspace.get("secrets/scopes/list")["scopes"] == [
        {"name": "vault", "backend_type": "AZURE_KEYVAULT", "keyvault_metadata": VAULT}
    ]
    with pytest.raises(ApiFailure, match="Cannot write secrets to Azure KeyVault-backed scope"):
        workspace.post("secrets/put", scope="vault", key="a", string_value="x")
    with pytest.raises(ApiFailure, match=r"could not access keyvault: https://lake\.vault") as gone:
        workspace.get("secrets/get", scope="vault", key="a")
    assert (gone.value.status, gone.value.code) == (400, "INVALID_STATE")

    vaults, inside, access = Vaults(cloud), VaultSecrets(cloud), Access(cloud)
    vault = vaults.make("lake")
    inside.set(vault, "a", {"value": "secret-é"})
    inside.set(vault, "off", {"value": "secret-2", "attributes": {"enabled": False}})
    with pytest.raises(ApiFailure, match="ForbiddenByRbac") as refused:
        workspace.get("secrets/list", scope="vault")
    assert (refused.value.status, refused.value.code) == (403, "PERMISSION_DENIED")
    access.begin()
    assert [one["key"] for one in workspace.get("secrets/list", scope="vault")["secrets"]] == ["a"]
    got = workspace.get("secrets/get", scope="vault", key="a")["value"]
    assert base64.b64decode(got).decode() == "secret-é"
    with pytest.raises(ApiFailure, match="SecretDisabled"):
        workspace.get("secrets/get", scope="vault", key="off")
    with pytest.raises(ApiFailure, match="Secret does not exist with scope: vault and key: b"):
        workspace.get("secrets/get", scope="vault", key="b")


def test_values_are_nowhere_but_in_the_store(workspace: Workspace, tmp_path: Path) -> None:
    workspace.post("secrets/scopes/create", scope="ml")
    workspace.post("secrets/put", scope="ml", key="a", string_value="hunter2-hunter2")
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.name.startswith("state.sqlite"):
            assert b"hunter2" not in path.read_bytes()
    assert "hunter2" not in str(workspace.get("secrets/scopes/list"))
