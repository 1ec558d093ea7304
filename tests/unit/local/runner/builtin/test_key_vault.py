from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.http import Retries, Session
from modelyard.local.runner import builtin, logging_commands
from modelyard.local.runner.builtin import key_vault_process
from modelyard.local.runner.builtin.step import StepFailed
from modelyard.local.runner.service_endpoints import Endpoint

if TYPE_CHECKING:
    from .conftest import Bench

VAULT = "https://wine.vault.azure.net"
LOGIN = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555"
CONNECTION = Endpoint(
    "azure",
    "https://management.azure.com/",
    "ServicePrincipal",
    {
        "tenantid": "11111111-2222-3333-4444-555555555555",
        "serviceprincipalid": "client-1",
        "serviceprincipalkey": "made-up-word",
    },
    id="22222222-2222-4222-8222-222222222222",
    data={"subscriptionId": "sub-1"},
)


@pytest.fixture
def vault() -> Any:
    with requests_mock.Mocker() as server:
        yield server


def _session() -> Session:
    clock = FakeClock()
    return Session(VAULT, clock=clock, credential=StaticToken("t"), retries=Retries(most=0))


def _secret(name: str, **attributes: Any) -> dict[str, Any]:
    return {"id": f"{VAULT}/secrets/{name}", "attributes": {"enabled": True, **attributes}}


def _commands(output: str) -> list[tuple[str, str, str]]:
    found = [logging_commands.parse(line) for line in output.splitlines()]
    return [
        (one.name, one.properties.get("variable", ""), one.data) for one in found if one is not None
    ][1:]


def test_chosen_secrets_with_and_without_their_version(
    vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Tasks/AzureKeyVaultV2: NAME/VERSION sets NAME too
    one = vault.get(f"{VAULT}/secrets/key?api-version=7.4", json={"value": "v;1]"})
    vault.get(f"{VAULT}/secrets/other/abc?api-version=7.4", json={"value": "v2"})
    assert key_vault_process.show_secrets(_session(), " key, other/abc ,") == 0
    output = capsys.readouterr().out
    assert _commands(output) == [
        ("task.setvariable", "key", "v;1]"),
        ("task.setvariable", "other", "v2"),
        ("task.setvariable", "other/abc", "v2"),
    ]
    assert output.count("issecret=true") == 3
    assert one.last_request.headers["Authorization"] == "Bearer t"


def test_all_that_are_enabled_and_havent_expired_over_pages(
    vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    now = FakeClock().time()
    more = f"{VAULT}/secrets?api-version=7.4&$skiptoken=x"
    vault.get(
        f"{VAULT}/secrets?api-version=7.4&maxresults=25",
        json={"value": [_secret("a"), _secret("b", enabled=False)], "nextLink": more},
    )
    vault.get(more, json={"value": [_secret("c", exp=now - 1), _secret("d", exp=now + 99)]})
    for name in "ad":
        vault.get(f"{VAULT}/secrets/{name}?api-version=7.4", json={"value": name.upper()})
    assert key_vault_process.show_secrets(_session(), "*") == 0
    set_ones = _commands(capsys.readouterr().out)
    assert [(name, value) for _, name, value in set_ones] == [("a", "A"), ("d", "D")]


def test_several_lines_are_masked_each_and_json_becomes_one(
    vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    vault.get(f"{VAULT}/secrets/pem", json={"value": "one\r\n\ntwo"})
    vault.get(f"{VAULT}/secrets/json", json={"value": '{\n "a": "ü"\n}'})
    assert key_vault_process.show_secrets(_session(), "pem,json") == 0
    output = capsys.readouterr().out
    assert output.startswith("##vso[task.setvariable variable=SYSTEM_UNSAFEALLOWMULTILINESECRET]")
    assert _commands(output) == [
        ("task.setsecret", "", "one"),
        ("task.setsecret", "", "two"),
        ("task.setvariable", "pem", "one\r\n\ntwo"),
        ("task.setvariable", "json", '{"a":"ü"}'),
    ]


def test_one_that_cant_be_read_fails_and_the_others_are_set(
    vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"error": {"code": "Forbidden", "message": "no permission to get"}}
    vault.get(f"{VAULT}/secrets/a", status_code=403, json=error)
    vault.get(f"{VAULT}/secrets/b", json={"value": "B"})
    assert key_vault_process.show_secrets(_session(), "a,b") == 1
    output = capsys.readouterr().out
    assert "a: " in output
    assert "no permission to get" in output
    assert ("task.setvariable", "b", "B") in _commands(output)


def test_the_program_signs_in_as_the_connection(
    vault: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    command = _command(bench, {"SecretsFilter": "a"})
    for name, value in command.environment.items():
        monkeypatch.setenv(name, value)
    vault.get(
        f"{LOGIN}/v2.0/.well-known/openid-configuration",
        json={
            "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
            "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
            "issuer": f"{LOGIN}/v2.0",
        },
    )
    vault.get(
        "https://login.microsoftonline.com/common/discovery/instance",
        json={"tenant_discovery_endpoint": "", "metadata": []},
    )
    token = vault.post(
        f"{LOGIN}/oauth2/v2.0/token",
        json={"token_type": "Bearer", "expires_in": 3599, "access_token": "entra-1"},
    )
    asked = vault.get(f"{VAULT}/secrets/a", json={"value": "A"})
    assert key_vault_process.main() == 0
    assert "scope=https%3A%2F%2Fvault.azure.net%2F.default" in token.last_request.text
    assert asked.last_request.headers["Authorization"] == "Bearer entra-1"
    assert "made-up-word" not in capsys.readouterr().out


def _command(bench: Bench, inputs: dict[str, str]) -> Any:
    bench.endpoints = (CONNECTION,)
    (task,) = (one for one in builtin.all_tasks() if one.name == "AzureKeyVault")
    assert task.command is not None
    return task.command(
        {"ConnectedServiceName": "azure", "KeyVaultName": "wine"} | inputs, bench.step
    )


def test_the_command_gets_all_by_its_environment(bench: Bench) -> None:
    command = _command(bench, {"SecretsFilter": ""})
    assert command.environment["MODELYARD_VAULT_URL"] == VAULT
    assert command.environment["MODELYARD_VAULT_FILTER"] == "*"
    assert not any("made-up-word" in one for one in command.arguments)


def test_failures_in_a_process_of_its_own(bench: Bench) -> None:
    bench.endpoints = (Endpoint("msi", "https://x.example", "ManagedServiceIdentity", id="3"),)
    inputs = {"azureSubscription": "msi", "KeyVaultName": "wine"}
    with pytest.raises(StepFailed, match="secrets of the vault could not be read"):
        bench.run("AzureKeyVault@2", inputs)
    assert "signs in by ManagedServiceIdentity" in bench.issues("error")[0]
    with pytest.raises(StepFailed, match="can't be the name of a vault"):
        bench.run("AzureKeyVault@2", inputs | {"KeyVaultName": "a.b/c"})
    assert os.environ.get("MODELYARD_VAULT_URL") is None
    assert re.search(r"key_vault_process$", bench.started[0].arguments[-1])
    assert bench.started[0].title == "Reading the secrets."  # not the command line
