from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests_mock

from modelyard.azure import identity
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.credentials import RefreshingToken, Token
from modelyard.errors import InputError, ReadOnly, WorkspaceNotAllowed
from modelyard.operation import Operation
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, WritingInputs, connect
from modelyard.service_connection import FEDERATED, ServiceConnection

BASE = "https://adb-1.2.azuredatabricks.net"
MANAGEMENT = "https://management.azure.com"
WORKSPACE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/wine"
PRINCIPAL = {
    "azure_tenant_id": "tenant",
    "azure_client_id": "client",
    "azure_client_secret": "made-up",
}


@dataclass(frozen=True)
class Outputs:
    pass


OPERATION: Operation[WritingInputs, Outputs] = Operation(
    name="workspace",
    title="Connect",
    description="It connects.",
    group="Databricks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=WritingInputs,
    outputs=Outputs,
    run=lambda inputs, context: Outputs(),
)


@pytest.fixture
def context(make_context: Callable[..., Context]) -> Context:
    return make_context(OPERATION)


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        mocker.get(f"{BASE}/api/x", json={})
        yield mocker


@pytest.fixture
def principals(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Who signs in, for what; the token tells which it is."""
    asked: list[dict[str, Any]] = []

    class Principal:
        client_id = "client-1"

        def token(
            self, resource: str, *, clock: FakeClock, header: str = "Authorization"
        ) -> RefreshingToken:
            token = Token(f"token-for-{resource}", clock.time() + 3600)
            return RefreshingToken(lambda: token, clock=clock, name=header)

    def service_principal(**more: Any) -> Principal:
        asked.append(more)
        return Principal()

    monkeypatch.setattr(identity, "service_principal", service_principal)
    monkeypatch.setattr(identity, "of_connection", lambda one: service_principal(connection=one.id))
    return asked


def headers(server: Any) -> dict[str, str]:
    return dict(server.last_request.headers)


def test_a_token_and_an_address_are_enough(server: Any, context: Context) -> None:
    inputs = WorkspaceInputs(workspace_url=f"{BASE}/?o=1", token="dapi-made-up")
    connect(inputs, context).get("/api/x")

    assert headers(server)["Authorization"] == "Bearer dapi-made-up"
    assert server.call_count == 1


def test_a_service_principal_signs_in_to_databricks(
    server: Any, context: Context, principals: list[dict[str, Any]]
) -> None:
    connect(WorkspaceInputs(workspace_url=BASE, **PRINCIPAL), context).get("/api/x")

    assert headers(server)["Authorization"] == f"Bearer token-for-{identity.DATABRICKS}"
    assert "X-Databricks-Azure-SP-Management-Token" not in headers(server)
    assert [one["client_secret"] for one in principals] == ["made-up"]


@pytest.mark.parametrize(
    "named",
    [
        {"workspace_resource_id": WORKSPACE},
        {"resource_group": "rg", "workspace_name": "wine"},
    ],
    ids=["by id", "by name"],
)
def test_a_workspace_that_resource_manager_knows(
    server: Any,
    context: Context,
    principals: list[dict[str, Any]],
    recording_ci: Any,
    named: dict[str, str],
) -> None:
    server.get(f"{MANAGEMENT}/subscriptions", json={"value": [{"subscriptionId": "s1"}]})
    server.get(
        MANAGEMENT + WORKSPACE,
        json={"id": WORKSPACE, "properties": {"workspaceUrl": "adb-1.2.azuredatabricks.net"}},
    )
    connect(WorkspaceInputs(**named, **PRINCIPAL), context).get("/api/x")

    sent = headers(server)
    assert sent["Authorization"] == f"Bearer token-for-{identity.DATABRICKS}"
    assert sent["X-Databricks-Azure-SP-Management-Token"] == f"token-for-{MANAGEMENT}"
    assert sent["X-Databricks-Azure-Workspace-Resource-Id"] == WORKSPACE


def test_a_token_of_the_workspace_is_used_although_it_is_looked_up(
    server: Any, context: Context, principals: list[dict[str, Any]]
) -> None:
    server.get(
        MANAGEMENT + WORKSPACE,
        json={"id": WORKSPACE, "properties": {"workspaceUrl": "adb-1.2.azuredatabricks.net"}},
    )
    inputs = WorkspaceInputs(workspace_resource_id=WORKSPACE, token="dapi-made-up", **PRINCIPAL)
    connect(inputs, context).get("/api/x")

    assert headers(server)["Authorization"] == "Bearer dapi-made-up"


def test_a_service_connection_goes_before_a_token_of_the_environment(
    server: Any, context: Context, recording_ci: Any, principals: list[dict[str, Any]]
) -> None:
    recording_ci.connections["c0ffee"] = ServiceConnection("c0ffee", FEDERATED, "tenant", "client")
    inputs = WorkspaceInputs(
        workspace_url=BASE, token="dapi-made-up", azure_service_connection="c0ffee"
    )
    connect(inputs, context).get("/api/x")

    assert principals == [{"connection": "c0ffee"}]
    assert headers(server)["Authorization"] == f"Bearer token-for-{identity.DATABRICKS}"


@pytest.mark.parametrize(
    ("inputs", "said", "fix"),
    [
        ({"token": "t"}, "no workspace is named", "set workspace-url"),
        ({"token": "t", "resource_group": "rg"}, "no workspace is named", "with workspace-name"),
        ({"workspace_url": BASE}, "no credential is given", "set token"),
        (
            {"workspace_url": BASE, "azure_client_id": "c", "azure_tenant_id": "t"},
            "there is no token, and azure-client-secret missing",
            "set token",
        ),
        (
            {"workspace_resource_id": WORKSPACE, "token": "t"},
            "azure-tenant-id, azure-client-id, azure-client-secret missing: a service principal",
            "workspace-url",
        ),
        ({"workspace_url": "http://adb-1.2.azuredatabricks.net", "token": "t"}, "https", "https"),
    ],
)
def test_what_is_missing_is_named(
    server: Any, context: Context, inputs: dict[str, str], said: str, fix: str
) -> None:
    with pytest.raises(InputError) as caught:
        connect(WorkspaceInputs(**inputs), context)

    assert said in caught.value.what
    assert fix in caught.value.fix
    assert server.call_count == 0


def test_another_workspace_never_sees_the_token(server: Any, context: Context) -> None:
    inputs = WorkspaceInputs(
        workspace_url=BASE,
        token="dapi-made-up",
        allowed_workspaces=("https://other.example",),
        first_contact=True,
    )
    with pytest.raises(WorkspaceNotAllowed):
        connect(inputs, context)

    assert server.call_count == 0


def test_a_new_workspace_is_waited_for_when_asked(server: Any, context: Context) -> None:
    zones = server.get(f"{BASE}/api/2.0/clusters/list-zones", json={"zones": []})
    connect(WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", first_contact=True), context)

    assert zones.call_count == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_writes_nothing(server: Any, context: Context, dry_run: bool) -> None:
    server.post(f"{BASE}/api/x", json={})
    session = connect(
        WritingInputs(workspace_url=BASE, token="dapi-made-up", dry_run=dry_run), context
    )
    assert session.read_only is dry_run
    if dry_run:
        with pytest.raises(ReadOnly):
            session.post("/api/x", {})
    else:
        session.post("/api/x", {})
