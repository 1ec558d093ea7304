"""Secrets of vaults among the inputs: masked as wholly as those that keyvault-secrets reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fake_vaults import fake_vaults
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.credentials import StaticToken
from modelyard.errors import InputError, ModelyardError, ServiceError
from modelyard.masking import Masker
from modelyard.operations.inputs import secret_inputs
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs
from modelyard.project.secret_values import SecretReference, SecretValues
from unit.entra_principals import Principals
from unit.operations.inputs.test_workspace_inputs import BASE, OPERATION, PRINCIPAL

INPUTS = WorkspaceInputs(workspace_url=BASE, **PRINCIPAL)


def test_what_json_holds_is_masked_and_short_lines_are_told_once(
    make_context: Callable[..., Context],
    recording_ci,  # type: ignore[no-untyped-def]
    principals: Principals,
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = json.dumps({"user": "somebody", "key": "leaf-value"})
    mapping = {"db": "keyvault://wine/db", "pem": " KeyVault://wine/pem", "own": "OWN"}
    context = make_context(OPERATION, environment={"OWN": "long-enough\nxy"})
    with fake_vaults() as vaults:
        vaults.put("wine", "db", held)
        vaults.put("wine", "pem", "long-enough\nab")
        found = secret_inputs.values("secrets", mapping, INPUTS, context)

    assert found == {"db": held, "pem": "long-enough\nab", "own": "long-enough\nxy"}
    masked = {text for what, text in recording_ci.events if what == "mask"}
    assert {held, "somebody", "leaf-value"} <= masked
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert warnings == [
        "wine/pem: lines of under 4 characters aren't masked",
        "own: lines of under 4 characters aren't masked",
    ]


@pytest.mark.parametrize(
    ("value", "attributes", "said", "fix"),
    [
        ("", {}, "the secret wine/db is empty", "az keyvault secret set --vault-name wine"),
        (" \n", {}, "the secret wine/db is empty", "--name db --file PATH"),
        ("a\0b", {}, "the secret wine/db has a NUL character", "store it as base64"),
        ("a\ud800b", {}, "the secret wine/db has half of a surrogate", "store it as base64"),
        ("gone", {"enabled": False}, "reading wine/db answered 403 SecretDisabled", "enable it"),
    ],
)
def test_a_value_that_is_of_no_use_is_the_same_error_in_a_step_and_in_setup(
    make_context: Callable[..., Context],
    principals: Principals,
    value: str,
    attributes: dict[str, Any],
    said: str,
    fix: str,
) -> None:
    with fake_vaults() as vaults:
        vaults.put("wine", "db", value, attributes=attributes)
        vaults.put("wine", "good", "value-1")
        if not attributes.get("enabled", True):
            vaults.refuse("wine", "db", 403, "Operation get is not allowed.", "SecretDisabled")
        context = make_context(OPERATION)
        with pytest.raises(ModelyardError) as in_step:
            secret_inputs.read(["keyvault://wine/good", "keyvault://wine/db"], INPUTS, context)
        with pytest.raises(ModelyardError) as in_setup:
            in_setup_of([]).read_all([SecretReference("keyvault://wine/db")])

    assert in_step.value.what.startswith(said)
    assert fix in in_step.value.fix
    assert list(in_step.value.lines()) == list(in_setup.value.lines())


def test_an_expired_secret_is_used_and_told_of_in_a_step_and_in_setup(
    make_context: Callable[..., Context],
    recording_ci,  # type: ignore[no-untyped-def]
    principals: Principals,
) -> None:
    told: list[str] = []
    with fake_vaults() as vaults:
        vaults.put("wine", "db", "value-1", attributes={"exp": 1})
        context = make_context(OPERATION)
        assert list(secret_inputs.read(["keyvault://wine/db"], INPUTS, context).values())
        assert in_setup_of(told).value(SecretReference("keyvault://wine/db")) == "value-1"

    assert told == recording_ci.warnings() == ["the secret wine/db is expired, and used"]


def test_all_secrets_that_are_of_no_use_are_told_at_once(
    make_context: Callable[..., Context], principals: Principals
) -> None:
    with fake_vaults() as vaults:
        vaults.put("wine", "empty", "")
        vaults.put("wine", "nul", "a\0b")
        wanted = [f"keyvault://wine/{name}" for name in ("empty", "gone", "nul")]
        with pytest.raises(ServiceError, match="3 secrets can't be read") as caught:
            secret_inputs.read(wanted, INPUTS, make_context(OPERATION))

    assert [line.split()[0] for line in caught.value.fix.splitlines()] == [
        "store",
        "check",
        "store",
    ]


def in_setup_of(told: list[str]) -> SecretValues:
    """The secrets of ``modelyard setup``, which signs in to the fake vaults."""
    return SecretValues(
        {},
        lambda _resource: StaticToken("made-up-token"),
        clock=FakeClock(),
        masker=Masker(),
        warn=told.append,
    )


@pytest.mark.parametrize(
    "name",
    ["azure_client_secret", "azure_client_certificate", "azure_client_certificate_password"],
)
def test_what_signs_in_is_in_no_vault(make_context: Callable[..., Context], name: str) -> None:
    inputs = WorkspaceInputs(workspace_url=BASE, **{**PRINCIPAL, name: "keyvault://wine/a"})
    with pytest.raises(InputError, match=f"{name.replace('_', '-')} is in a key vault itself"):
        secret_inputs.looked_up(inputs, make_context(OPERATION))
