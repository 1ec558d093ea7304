from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator

import pytest
import requests_mock

from fake_content import BASE, FakeContent
from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.secret_scope import OPERATION

Run = Callable[..., int]
VAULT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/lake/providers/"
    "Microsoft.KeyVault/vaults/Lake-Vault"
)
MAPPING = "client_id: AML_CLIENT_ID\nclient_secret: AML_CLIENT_SECRET"


@pytest.fixture
def fake() -> Iterator[FakeContent]:
    with requests_mock.Mocker() as mocker:
        yield FakeContent(mocker)


@pytest.fixture
def values() -> dict[str, str]:
    """The environment of the step."""
    key = "\n".join(["-----BEGIN KEY-----", secrets.token_hex(16), secrets.token_hex(16)])
    return {"AML_CLIENT_ID": secrets.token_hex(16), "AML_CLIENT_SECRET": key}


@pytest.fixture
def run(recording_ci: object, clock: FakeClock, fake: FakeContent, values: dict[str, str]) -> Run:
    def call(**inputs: str) -> int:
        given = {"workspace-url": BASE, "token": "dapi-throw-away", "scope": "azureml"}
        given["sign-in"] = "token"
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        return execute(OPERATION, given, recording_ci, environment=values, clock=clock)

    return call


def vault(**more: str) -> dict[str, str]:
    return {"backend": "azure-key-vault", "key_vault_resource_id": VAULT, **more}


def test_a_scope_with_its_secrets(fake, run, recording_ci, values):  # type: ignore[no-untyped-def]
    assert run(secrets=MAPPING) == 0
    assert fake.scopes["azureml"]["shown"] == {"backend_type": "DATABRICKS"}
    assert fake.scopes["azureml"]["values"] == {
        "client_id": values["AML_CLIENT_ID"],
        "client_secret": values["AML_CLIENT_SECRET"],
    }
    assert recording_ci.outputs == {
        "scope": "azureml", "created": "true", "keys": '["client_id", "client_secret"]',
    }  # fmt: skip
    assert "secret scope azureml: created, Databricks' own" in recording_ci.lines
    assert "secret scope azureml: 2 set, 2 of them new" in recording_ci.lines


def test_values_are_masked_before_anything_else(fake, run, recording_ci, values):  # type: ignore[no-untyped-def]
    run(secrets=MAPPING)
    first = next(i for i, (what, _) in enumerate(recording_ci.events) if what == "write")
    masks = [text for what, text in recording_ci.events[:first] if what == "mask"]
    assert set(values.values()) <= set(masks)
    for value in values.values():
        for line in value.splitlines()[-1:]:
            assert line not in recording_ci.text


def test_a_refusal_that_repeats_the_value_doesnt_show_it(fake, run, recording_ci, values):  # type: ignore[no-untyped-def]
    value = values["AML_CLIENT_ID"]
    fake.fail("secrets/put", 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": value})
    assert run(secrets=MAPPING) == 17
    assert value not in recording_ci.text
    assert "***" in recording_ci.text


def test_a_scope_that_exists_is_left_and_its_secrets_set_again(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    run(secrets=MAPPING)
    fake.scopes["azureml"]["values"]["by_hand"] = "x"
    fake.calls.clear()
    assert run(secrets=MAPPING) == 0
    assert not any("create" in call for call in fake.calls)
    assert recording_ci.outputs["created"] == "false"
    assert "secret scope azureml: unchanged" in recording_ci.lines
    assert "secret scope azureml: 2 set" in recording_ci.lines
    assert "by_hand" in fake.scopes["azureml"]["values"]


def test_prune(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    run(secrets=MAPPING)
    fake.scopes["azureml"]["values"]["by_hand"] = "x"
    assert run(secrets=MAPPING, prune="true") == 0
    assert sorted(fake.scopes["azureml"]["values"]) == ["client_id", "client_secret"]
    assert "secret scope azureml: 2 set, 1 deleted" in recording_ci.lines
    assert run(prune="true") == 2
    assert "prune would delete every key" in recording_ci.text


def test_a_scope_on_a_key_vault(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run(**vault()) == 0
    assert fake.scopes["azureml"]["shown"] == {
        "backend_type": "AZURE_KEYVAULT",
        "keyvault_metadata": {
            "resource_id": VAULT,
            "dns_name": "https://lake-vault.vault.azure.net/",
        },
    }
    fake.calls.clear()
    again = vault(
        key_vault_resource_id=VAULT.upper() + "/",
        key_vault_dns_name="https://LAKE-vault.vault.azure.net",
    )
    assert run(**again) == 0
    assert fake.writes() == []
    assert recording_ci.outputs["keys"] == "[]"


def test_a_key_vault_is_where_the_cloud_has_it(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run(**vault(azure_cloud="china")) == 0
    metadata = fake.scopes["azureml"]["shown"]["keyvault_metadata"]
    assert metadata["dns_name"] == "https://lake-vault.vault.azure.cn/"
    assert run(**vault(key_vault_dns_name="https://lake.example")) == 2
    assert "'https://lake.example' can't be a key vault" in recording_ci.text


def test_id_and_address_are_of_one_vault(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    for other in ("other-vault", "https://lake-vault2.vault.azure.net/", "lake"):
        assert run(**vault(key_vault_dns_name=other)) == 2
    assert (
        "key-vault-dns-name is https://lake.vault.azure.net, and the vault of "
        "key-vault-resource-id is Lake-Vault" in recording_ci.text
    )
    assert fake.writes() == []
    assert run(**vault(key_vault_dns_name="LAKE-VAULT")) == 0


def test_a_scope_on_a_vault_of_another_address(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    run(**vault())
    metadata = fake.scopes["azureml"]["shown"]["keyvault_metadata"]
    metadata["dns_name"] = "https://other-vault.vault.azure.net/"
    assert run(**vault()) == 15
    assert (
        f"is backed by the key vault {VAULT} (https://other-vault.vault.azure.net/), but backed by "
        f"the key vault {VAULT} (https://lake-vault.vault.azure.net/) was asked for"
        in recording_ci.text
    )


def test_another_backend_is_an_error(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    run()
    assert run(**vault()) == 15
    assert "exists and is Databricks' own, but backed by the key vault" in recording_ci.text
    fake.scopes.clear()
    run(**vault())
    assert run() == 15
    assert run(**vault(key_vault_resource_id=VAULT + "2")) == 15


def test_a_key_vault_needs_another_identity(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    message = "Scope with Azure KeyVault must have userAADToken defined!"
    fake.fail("scopes/create", 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": message})
    assert run(**vault()) == 11
    assert "can't be made with a Databricks access token" in recording_ci.text


@pytest.mark.parametrize(("status", "after"), [(0, True), (0, False), (503, True), (429, False)])
def test_a_lost_answer_makes_one_scope(fake, run, recording_ci, status, after):  # type: ignore[no-untyped-def]
    for pattern in ("scopes/create", "secrets/put", "acls/put"):
        fake.fail(pattern, status, after=after, headers={"Retry-After": "1"})
    assert run(secrets=MAPPING, permissions="data: READ") == 0
    assert list(fake.scopes) == ["azureml"]
    assert len(fake.scopes["azureml"]["values"]) == 2


def test_somebody_else_makes_another_scope_of_the_name_meanwhile(fake, run):  # type: ignore[no-untyped-def]
    def race(call: str) -> None:
        if "scopes/create" in call:
            shown = {"backend_type": "AZURE_KEYVAULT", "keyvault_metadata": {"resource_id": "x"}}
            fake.scopes["azureml"] = {"shown": shown, "values": {}, "acls": {}}

    fake.hook = race
    assert run() == 15


def test_permissions(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    asked = "data-scientists: read\nops@example.com: MANAGE"
    assert run(permissions=asked) == 0
    acls = fake.scopes["azureml"]["acls"]
    assert acls["data-scientists"] == "READ"
    fake.calls.clear()
    assert run(permissions=asked) == 0
    assert fake.writes() == []
    assert run(permissions="data-scientists: WRITE") == 0
    assert acls["data-scientists"] == "WRITE"
    said = "secret scope azureml: permission of data-scientists: WRITE, was READ"
    assert said in recording_ci.lines
    assert acls["ops@example.com"] == "MANAGE", "others keep what they have"


def test_everybody_may_manage_a_new_scope(fake, run):  # type: ignore[no-untyped-def]
    assert run(initial_manage_principal="users") == 0
    assert fake.scopes["azureml"]["acls"] == {"users": "MANAGE"}


def test_a_dry_run_changes_nothing(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run(secrets=MAPPING, permissions="data: READ", dry_run="true") == 0
    assert fake.writes() == []
    assert "would create the secret scope azureml, Databricks' own" in recording_ci.lines
    assert "  would be set client_id" in recording_ci.lines
    assert "secret scope azureml: permission of data: would be READ" in recording_ci.lines
    assert "scope" not in recording_ci.outputs, "it doesn't exist"
    run(secrets=MAPPING)
    fake.scopes["azureml"]["values"]["by_hand"] = "x"
    fake.calls.clear()
    assert run(secrets=MAPPING, prune="true", dry_run="true") == 0
    assert fake.writes() == []
    assert "  would be deleted by_hand" in recording_ci.lines


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"scope": "my scope"}, "'my scope' is no name of a secret scope"),
        ({"secrets": "my key: AML_CLIENT_ID"}, "'my key' is no name of a secret"),
        ({"secrets": "[AML_CLIENT_ID]"}, "secrets isn't a mapping of texts"),
        ({"secrets": "a: 5"}, "secrets isn't a mapping of texts"),
        ({"secrets": "a: NOWHERE\nb: EMPTY"}, "b: the environment variable EMPTY isn't set"),
        (
            {"secrets": "a: UNDEFINED"},
            "a: UNDEFINED is $(aml-secret): this job has no variable aml-secret",
        ),
        ({"secrets": "a: TOO_LARGE"}, "the value has more than 128 KB"),
        ({"permissions": "data: OWN"}, "permissions has data: OWN"),
        ({"backend": "azure-key-vault"}, "not the id of a key vault"),
        (vault(secrets="a: AML_CLIENT_ID"), "a scope on a key vault can't be written to"),
        ({"key_vault_resource_id": VAULT}, "a key vault is named, and backend is databricks"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(  # type: ignore[no-untyped-def]
    fake, run, recording_ci, values, inputs, message
):
    values.update(EMPTY=" ", UNDEFINED="$(aml-secret)", TOO_LARGE="x" * 131_073)
    assert run(**inputs) == 2
    assert message in recording_ci.text
    assert fake.calls == []


def test_a_value_in_place_of_a_variables_name_isnt_shown(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    value = secrets.token_hex(16)
    assert run(secrets=json.dumps({"client_secret": value})) == 2
    assert value not in recording_ci.text
    assert "client_secret: the environment variable that it names isn't set" in recording_ci.text


def test_short_lines_cant_be_masked_and_say_so(fake, run, recording_ci, values):  # type: ignore[no-untyped-def]
    values["AML_CLIENT_ID"] = "abc"
    assert run(secrets=MAPPING) == 0
    assert recording_ci.warnings() == ["client_id: lines of under 4 characters aren't masked"]
