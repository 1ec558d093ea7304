"""Secrets that the file refers to: what a variable may hold, and what none may."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests_mock

from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.errors import InputError, ModelyardError
from modelyard.masking import Masker
from modelyard.project.devops import signing_in
from modelyard.project.github import connection
from modelyard.project.secret_values import SecretReference, SecretValues, variable
from modelyard.project.surroundings import Surroundings

MACRO = "$(not-defined)"
KEY = variable("K")


def values_of(environment: dict[str, str], told: list[str] | None = None) -> SecretValues:
    return SecretValues(
        environment,
        lambda _resource: StaticToken("a-token"),
        clock=FakeClock(),
        masker=Masker(),
        warn=([] if told is None else told).append,
    )


def around(**environment: str) -> Surroundings:
    return Surroundings(
        environment, FakeClock(), Path(), lambda _line: None, Masker(), Terminal(environment)
    )


@pytest.mark.parametrize("value", [MACRO, f" {MACRO}\n"])
def test_a_variable_that_the_agent_put_nothing_for_is_no_secret(value: str) -> None:
    values = values_of({"K": value})
    told = f"the environment variable K is {MACRO}: this job has no variable not-defined"
    with pytest.raises(InputError) as caught:
        values.read_all([KEY])
    assert caught.value.what == told
    with pytest.raises(InputError, match="this job has no variable"):
        values.value(KEY)


def test_what_is_in_a_variable_is_taken_as_it_is() -> None:
    assert values_of({"K": "$(a) and more "}).value(KEY) == "$(a) and more "


def test_a_variable_may_say_where_in_a_vault_the_secret_is(
    requests_mock: requests_mock.Mocker,
) -> None:
    url = "https://wine-vault.vault.azure.net/secrets/key/"
    requests_mock.get(url, json={"value": "value-in-vault", "id": f"{url}1", "attributes": {}})
    values = values_of({"K": "keyvault://wine-vault/key"})
    values.read_all([KEY])
    assert values.value(KEY) == "value-in-vault"
    assert requests_mock.call_count == 1


def test_all_that_vaults_refuse_is_told_at_once(requests_mock: requests_mock.Mocker) -> None:
    for name in ("first", "second"):
        url = f"https://wine-vault.vault.azure.net/secrets/{name}/"
        error = {"code": "SecretNotFound", "message": f"no {name} here"}
        requests_mock.get(url, status_code=404, json={"error": error})
    wanted = [SecretReference(f"keyvault://wine-vault/{name}") for name in ("first", "second")]
    with pytest.raises(ModelyardError, match="2 secrets can't be read") as caught:
        values_of({}).read_all(wanted)
    assert "wine-vault/first" in caught.value.what
    assert "wine-vault/second" in caught.value.what


def test_a_reference_in_a_variable_that_cant_be_one_is_told_before_anything_is_read() -> None:
    with pytest.raises(InputError, match="K names no secret of a key vault"):
        values_of({"K": "keyvault://wine-vault"}).read_all([KEY])


def test_tokens_are_held_to_the_same() -> None:
    with pytest.raises(InputError, match=r"GH_TOKEN is \$\(not-defined\)"):
        connection.connect("wines/wine", "", around(GH_TOKEN=MACRO))
    with pytest.raises(InputError, match=r"AZURE_DEVOPS_EXT_PAT is \$\(not-defined\)"):
        signing_in.credential(around(AZURE_DEVOPS_EXT_PAT=MACRO))
    principal = dict.fromkeys(("AZURE_TENANT_ID", "AZURE_CLIENT_ID"), "an-id")
    with pytest.raises(InputError, match=r"AZURE_CLIENT_SECRET is \$\(not-defined\)"):
        around(**principal, AZURE_CLIENT_SECRET=MACRO).entra("https://vault.azure.net")
