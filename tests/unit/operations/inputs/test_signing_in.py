"""One sign-in for a whole run: whatever it speaks to, first a key vault and then a workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock

from fake_vaults import IDENTITY, FakeVaults
from modelyard.azure.identity import DATABRICKS
from modelyard.azure.identity.clouds import CHINA, PUBLIC, US_GOVERNMENT, AzureCloud
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.execution import execute
from modelyard.operations.inputs.secret_inputs import looked_up
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect, open_workspace
from unit.entra_principals import Principals
from unit.operations.inputs.test_workspace_inputs import BASE, OPERATION, PRINCIPAL

REFERENCE = "keyvault://wine/databricks-token"
TOKEN = "dapi-made-up"


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


def inputs_of(server: Any, cloud: AzureCloud, **more: Any) -> WorkspaceInputs:
    """Inputs of a workspace of a cloud, whose token is in a vault."""
    url = f"https://adb-1.1{cloud.databricks_domain}"
    server.get(f"{url}/api/x", json={})
    return WorkspaceInputs(workspace_url=url, token=REFERENCE, **{**PRINCIPAL, **more})


@pytest.mark.parametrize("cloud", [PUBLIC, US_GOVERNMENT, CHINA])
def test_a_vault_and_a_workspace_are_one_sign_in_in_the_cloud_of_the_workspace(
    server: Any,
    make_context: Callable[..., Context],
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    cloud: AzureCloud,
) -> None:
    vaults = FakeVaults(server, cloud)
    vaults.put("wine", "databricks-token", TOKEN)
    given = inputs_of(server, cloud, azure_tenant_id=IDENTITY["AZURE_TENANT_ID"])
    context = make_context(OPERATION)
    with caplog.at_level("INFO", logger="modelyard"):
        inputs = looked_up(given, context)
        connect(inputs, context).get("/api/x")

    assert inputs.token == TOKEN
    assert vaults.scopes == [f"https://{cloud.vault_domain}/.default", f"{DATABRICKS}/.default"]
    signed_in = [one for one in caplog.messages if one.startswith("signed in by")]
    assert signed_in == ["signed in by service-principal: the service principal client"]
    posted = {one.hostname for one in server.request_history if one.method == "POST"}
    assert posted == {cloud.authority}


def test_the_token_of_the_vault_is_sent_and_not_its_reference(
    server: Any, make_context: Callable[..., Context], principals: Principals
) -> None:
    FakeVaults(server).put("wine", "databricks-token", TOKEN)
    environment = {"AZURE_CLIENT_SECRET": PRINCIPAL["azure_client_secret"]}
    context = make_context(OPERATION, environment=environment)
    given = inputs_of(server, PUBLIC)
    opened = open_workspace(looked_up(given, context), context)
    opened.session.get("/api/x")

    assert opened.sign_in.way(DATABRICKS).name == "token"
    assert server.request_history[-1].headers["Authorization"] == f"Bearer {TOKEN}"
    assert principals.kinds == ["service_principal"]


def test_a_token_in_the_environment_counts_less_also_where_it_is_a_reference(
    server: Any, make_context: Callable[..., Context], principals: Principals
) -> None:
    FakeVaults(server).put("wine", "databricks-token", TOKEN)
    context = make_context(
        OPERATION, environment={"DATABRICKS_TOKEN": REFERENCE, "IDENTITY_ENDPOINT": "http://x"}
    )
    given = inputs_of(server, PUBLIC, azure_client_secret=None)
    opened = open_workspace(looked_up(given, context), context)

    assert opened.sign_in.way(DATABRICKS).name == "managed-identity"


def test_where_only_the_workspace_is_signed_in_to_the_vault_says_what_is_missing(
    recording_ci: Any, clock: FakeClock
) -> None:
    given = {"workspace-url": BASE, "token": REFERENCE}
    code = execute(OPERATION, given, recording_ci, environment={}, clock=clock, look_up=looked_up)

    assert code == 2
    error = recording_ci.errors()[0]
    assert "no credential is given:" in error
    assert "token                  not tried: it has no tokens for this service" in error
