"""Secrets of vaults among the inputs: masked as wholly as those that keyvault-secrets reads."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fake_vaults import fake_vaults
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operations.inputs import secret_inputs
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs
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
    mapping = {"db": "keyvault://wine/db", "pem": "keyvault://wine/pem", "own": "OWN"}
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
    "name",
    ["azure_client_secret", "azure_client_certificate", "azure_client_certificate_password"],
)
def test_what_signs_in_is_in_no_vault(make_context: Callable[..., Context], name: str) -> None:
    inputs = WorkspaceInputs(workspace_url=BASE, **{**PRINCIPAL, name: "keyvault://wine/a"})
    with pytest.raises(InputError, match=f"{name.replace('_', '-')} is in a key vault itself"):
        secret_inputs.looked_up(inputs, make_context(OPERATION))
