"""keyvault-secrets, values that refer to a vault, and a secret scope on one: the command line
against a local cloud, as it is for a user."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID, WORKSPACE_NAME
from modelyard.local.cloud.keyvault.access import DATABRICKS_OBJECT
from modelyard.local.cloud.keyvault.vaults import FIRST, resource_id

CLOUD_SERVICES = ("entra", "arm", "keyvault", "databricks")
PEM = "-----BEGIN THING-----\nabcdefgh1234\nijklmnop5678\n-----END THING-----\n"


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    text: str


class Work:
    """The command line in a folder of its own."""

    def __init__(self, cloud: LocalCloud, environment: dict[str, str], folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.environment = {**environment, "MODELYARD_JOB": str(folder / "job")}

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "modelyard", *arguments],
            env={**self.environment, **(environment or {})},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=90,
        )
        return Done(done.returncode, done.stdout)

    def outputs(self, operation: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(
            (self.folder / f"job/{operation}.outputs.json").read_text()
        )
        return found

    def keep(self, name: str, value: str, **more: Any) -> None:
        answer = requests.put(
            f"{self.cloud.url}/modelyard/keyvault/vaults/{FIRST}/secrets/{name}",
            json={"value": value, **more},
            headers=self.cloud.admin_headers,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def work(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Work:
    cloud.services["keyvault"].reset()
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    return Work(cloud, environment, tmp_path)


def test_secrets_as_variables_and_as_files(work: Work) -> None:
    work.keep("password", "value-of-password")
    work.keep("pem", PEM)
    work.keep("off", "value-that-is-off", attributes={"enabled": False})
    done = work.run("keyvault-secrets", "--vault", FIRST, "--filter", "*")
    assert done.code == 0, done.text
    assert f"{FIRST}/off: left out, disabled" in done.text
    assert "PASSWORD=***  (a terminal hands no secret on)" in done.text
    assert json.loads(work.outputs("keyvault-secrets")["names"]) == ["PASSWORD", "PEM"]

    files = work.run(
        "keyvault-secrets", "--vault", FIRST, "--secrets", "[pem]", "--deliver", "files"
    )
    assert files.code == 0, files.text
    folder = Path(work.outputs("keyvault-secrets")["folder"])
    assert (folder / "PEM").read_text() == PEM
    released = work.run("release", "keyvault-secrets", "--vault", FIRST)
    assert released.code == 0, released.text
    assert not folder.exists()
    assert work.outputs("keyvault-secrets")["folder"] == ""
    for text in (done.text, files.text, released.text):
        assert "value-of" not in text
        assert "abcdefgh1234" not in text


def test_all_that_is_wrong_in_one_message_with_the_command(work: Work) -> None:
    for name in ("a", "b"):
        work.keep(name, f"value-of-{name}")
    vault = work.cloud.services["keyvault"]
    for name in [key for key, _ in work.cloud.cloud.store.items("keyvault.role_assignments")]:
        vault.access.revoke(name)  # type: ignore[attr-defined]
    done = work.run("keyvault-secrets", "--vault", FIRST, "--secrets", "[a, b]")
    assert done.code == 11, done.text
    assert "2 secrets can't be read:" in done.text
    (command,) = [line for line in done.text.splitlines() if "az role assignment create" in line]
    scope = command.rpartition("--scope ")[2]
    assert scope == resource_id(FIRST).lower()

    # What the command would do:
    principal = command.partition("--assignee-object-id ")[2].split()[0]
    user = "4633458b-17de-408a-b874-0445c86b69e6"
    vault.access.assign(scope, "1", principal, user)  # type: ignore[attr-defined]
    assert work.run("keyvault-secrets", "--vault", FIRST, "--secrets", "[a, b]").code == 0


def test_a_token_that_is_in_a_vault(work: Work) -> None:
    token = work.environment["DATABRICKS_TOKEN"]
    work.keep("databricks-token", token)
    work.keep("password", "value-of-password")
    name = f"scope-{secrets.token_hex(4)}"
    given = {
        "DATABRICKS_TOKEN": f"keyvault://{FIRST}/databricks-token",
        "OTHER": f"keyvault://{FIRST}/password",
    }
    mapping = json.dumps({"one": f"keyvault://{FIRST}/password", "two": "OTHER"})
    done = work.run("secret-scope", "--scope", name, "--secrets", mapping, environment=given)
    assert done.code == 0, done.text
    assert f"read from the key vault: {FIRST}/databricks-token" in done.text
    assert token not in done.text
    assert "value-of-password" not in done.text
    for key in ("one", "two"):
        assert _secret(work, name, key) == "value-of-password"
    missing = {"DATABRICKS_TOKEN": f"keyvault://{FIRST}/nothing"}
    refused = work.run("secret-scope", "--scope", name, environment=missing)
    assert refused.code == 14
    assert f"reading {FIRST}/nothing answered 404 SecretNotFound" in refused.text
    bad = {"DATABRICKS_TOKEN": "keyvault://x"}
    assert (
        "write keyvault://VAULT/NAME"
        in work.run("secret-scope", "--scope", name, environment=bad).text
    )
    nobody = {"DATABRICKS_TOKEN": f"keyvault://{FIRST}/a", "AZURE_CLIENT_SECRET": ""}
    assert (
        "no credential is given"
        in work.run("secret-scope", "--scope", name, environment=nobody).text
    )


def test_a_scope_on_a_vault(work: Work) -> None:
    work.keep("password", "value-of-password")
    name = f"scope-{secrets.token_hex(4)}"
    workspace = (
        f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers/"
        f"Microsoft.Databricks/workspaces/{WORKSPACE_NAME}"
    )
    inputs = ("--scope", name, "--backend", "azure-key-vault")
    inputs = (*inputs, "--key-vault-resource-id", resource_id(FIRST))
    inputs = (*inputs, "--workspace-resource-id", workspace)
    inputs = (*inputs, "--initial-manage-principal", "users")
    made = work.run("secret-scope", *inputs, environment={"DATABRICKS_TOKEN": ""})
    assert made.code == 0, made.text
    assert _secret(work, name, "password") == "value-of-password"
    again = work.run("secret-scope", *inputs, environment={"DATABRICKS_TOKEN": ""})
    assert f"secret scope {name}: unchanged" in again.text

    access = work.cloud.services["keyvault"].access  # type: ignore[attr-defined]
    for one in access.assignments(resource_id(FIRST)):
        if one["properties"]["principalId"] == DATABRICKS_OBJECT:
            access.revoke(one["name"])
    assert "Invalid permissions on the specified KeyVault" in _secret(work, name, "password")


def _secret(work: Work, scope: str, key: str) -> str:
    """Its value as a notebook gets it, or the service's message."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{work.cloud.url}/api/2.0/secrets/get",
            params={"scope": scope, "key": key},
            headers={"Authorization": f"Bearer {work.environment['DATABRICKS_TOKEN']}"},
            timeout=30,
        ).json()
    if "value" not in answer:
        return str(answer["message"])
    return base64.b64decode(answer["value"]).decode()
