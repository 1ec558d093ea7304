from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fake_vaults import FakeVaults, fake_vaults
from modelyard.azure.key_vault import Vaults
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.local.runner import builtin, logging_commands
from modelyard.local.runner.builtin import key_vault_process
from modelyard.local.runner.builtin.step import StepFailed
from modelyard.local.runner.service_endpoints import Endpoint

if TYPE_CHECKING:
    from .conftest import Bench

VAULT = "wine.vault.azure.net"
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
def fake() -> Iterator[FakeVaults]:
    with fake_vaults() as found:
        yield found


def _show(wanted: str) -> int:
    clock = FakeClock()
    with Vaults(lambda _: StaticToken("t"), clock=clock) as vaults:
        return key_vault_process.show_secrets(vaults, VAULT, wanted)


def _commands(output: str) -> list[tuple[str, str, str]]:
    found = [logging_commands.parse(line) for line in output.splitlines()]
    return [
        (one.name, one.properties.get("variable", ""), one.data) for one in found if one is not None
    ][1:]


def test_chosen_secrets_with_and_without_their_version(
    fake: FakeVaults, capsys: pytest.CaptureFixture[str]
) -> None:
    # Tasks/AzureKeyVaultV2: NAME/VERSION sets NAME too
    fake.put("wine", "key", "v;1]")
    version = fake.put("wine", "other", "v2")
    assert _show(f" key, other/{version} ,") == 0
    output = capsys.readouterr().out
    assert _commands(output) == [
        ("task.setvariable", "key", "v;1]"),
        ("task.setvariable", "other", "v2"),
        ("task.setvariable", f"other/{version}", "v2"),
    ]
    assert output.count("issecret=true") == 3


def test_all_that_are_enabled_and_havent_expired(
    fake: FakeVaults, capsys: pytest.CaptureFixture[str]
) -> None:
    now = int(FakeClock().time())
    for name, attributes in (
        ("a", {}),
        ("b", {"enabled": False}),
        ("c", {"exp": now - 1}),
        ("d", {"exp": now + 99, "nbf": now + 9}),
    ):
        fake.put("wine", name, name.upper(), attributes=attributes)
    assert _show("*") == 0
    set_ones = _commands(capsys.readouterr().out)
    assert [(name, value) for _, name, value in set_ones] == [("a", "A"), ("d", "D")]


def test_several_lines_are_masked_each_and_json_becomes_one(
    fake: FakeVaults, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.put("wine", "pem", "one\r\n\ntwo")
    fake.put("wine", "json", '{\n "a": "ü"\n}')
    assert _show("pem,json") == 0
    output = capsys.readouterr().out
    assert output.startswith("##vso[task.setvariable variable=SYSTEM_UNSAFEALLOWMULTILINESECRET]")
    assert _commands(output) == [
        ("task.setsecret", "", "one"),
        ("task.setsecret", "", "two"),
        ("task.setvariable", "pem", "one\r\n\ntwo"),
        ("task.setvariable", "json", '{"a":"ü"}'),
    ]


def test_one_that_cant_be_read_fails_and_the_others_are_set(
    fake: FakeVaults, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.refuse("wine", "a", 403, "no permission to get")
    fake.put("wine", "b", "B")
    assert _show("a,b") == 1
    output = capsys.readouterr().out
    assert "a: " in output
    assert "no permission to get" in output
    assert ("task.setvariable", "b", "B") in _commands(output)


def test_the_program_signs_in_as_the_connection(
    fake: FakeVaults,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    bench: Bench,
) -> None:
    fake.put("wine", "a", "A")
    command = _command(bench, {"SecretsFilter": "a"})
    for name, value in command.environment.items():
        monkeypatch.setenv(name, value)
    assert key_vault_process.main() == 0
    assert fake.scopes == ["https://vault.azure.net/.default"]
    assert fake.reads == ["wine/a"]
    assert "made-up-word" not in capsys.readouterr().out


def _command(bench: Bench, inputs: dict[str, str], **data: str) -> Any:
    bench.endpoints = (dataclasses.replace(CONNECTION, data={**CONNECTION.data, **data}),)
    (task,) = (one for one in builtin.all_tasks() if one.name == "AzureKeyVault")
    assert task.command is not None
    return task.command(
        {"ConnectedServiceName": "azure", "KeyVaultName": "wine"} | inputs, bench.step
    )


def test_the_command_gets_all_by_its_environment(bench: Bench) -> None:
    command = _command(bench, {"SecretsFilter": ""})
    assert command.environment["MODELYARD_VAULT"] == VAULT
    assert command.environment["MODELYARD_VAULT_FILTER"] == "*"
    assert not any("made-up-word" in one for one in command.arguments)


def test_the_vault_is_where_the_cloud_of_the_connection_has_it(bench: Bench) -> None:
    command = _command(bench, {}, environment="AzureChinaCloud")
    assert command.environment["MODELYARD_VAULT"] == "wine.vault.azure.cn"
    with pytest.raises(StepFailed, match="is of the cloud AzureStack"):
        _command(bench, {}, environment="AzureStack")


def test_failures_in_a_process_of_its_own(bench: Bench) -> None:
    bench.endpoints = (Endpoint("old", "https://x.example", "PublishProfile", id="3"),)
    inputs = {"azureSubscription": "old", "KeyVaultName": "wine"}
    with pytest.raises(StepFailed, match="secrets of the vault could not be read"):
        bench.run("AzureKeyVault@2", inputs)
    assert "signs in by PublishProfile" in bench.issues("error")[0]
    with pytest.raises(StepFailed, match="can't be the name of a vault"):
        bench.run("AzureKeyVault@2", inputs | {"KeyVaultName": "a.b/c"})
    assert os.environ.get("MODELYARD_VAULT") is None
    assert re.search(r"key_vault_process$", bench.started[0].arguments[-1])
    assert bench.started[0].title == "Reading the secrets."  # not the command line
