from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests_mock

from modelyard.account_errors import TenantNotAllowed, WorkspaceNotAllowed
from modelyard.azure.identity import DATABRICKS, RESOURCE_MANAGER
from modelyard.azure.identity.clouds import US_GOVERNMENT
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.errors import Ambiguous, InputError, PermissionDenied, ReadOnly, Unauthenticated
from modelyard.operation import Operation
from modelyard.operations.inputs.workspace_inputs import (
    WorkspaceInputs,
    connect,
    open_workspace,
)
from modelyard.service_connection import FEDERATED, ServiceConnection
from unit.entra_principals import Principals

BASE = "https://adb-1.2.azuredatabricks.net"
WORKSPACE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/wine"
MANAGEMENT_TOKEN = "X-Databricks-Azure-SP-Management-Token"
RESOURCE_ID = "X-Databricks-Azure-Workspace-Resource-Id"
TENANT = "11111111-2222-3333-4444-555555555555"
PRINCIPAL = {
    "azure_tenant_id": TENANT,
    "azure_client_id": "client",
    "azure_client_secret": "made-up",
}


@dataclass(frozen=True)
class Outputs:
    pass


OPERATION: Operation[WorkspaceInputs, Outputs] = Operation(
    name="workspace",
    title="Connect",
    description="It connects.",
    group="Databricks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=WorkspaceInputs,
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


def headers(server: Any) -> dict[str, str]:
    return dict(server.last_request.headers)


def knows_the_workspace(server: Any, host: str = RESOURCE_MANAGER) -> None:
    body = {"id": WORKSPACE, "properties": {"workspaceUrl": "adb-1.2.azuredatabricks.net"}}
    server.get(f"{host}/subscriptions", json={"value": [{"subscriptionId": "s1"}]})
    server.get(host + WORKSPACE, json=body)
    server.get(
        f"{host}/subscriptions/s1/providers/Microsoft.Databricks/workspaces",
        json={"value": [{"id": "/other", "properties": {}}, body]},
    )


def test_a_token_and_an_address_are_enough(
    server: Any, context: Context, recording_ci: Any, principals: Principals
) -> None:
    inputs = WorkspaceInputs(workspace_url=f"{BASE}/?o=1", token="dapi-made-up")
    connect(inputs, context).get("/api/x")

    assert headers(server)["Authorization"] == "Bearer dapi-made-up"
    assert server.call_count == 1
    assert principals.asked == []


def test_a_refused_token_is_not_sent_again(server: Any, context: Context) -> None:
    refused = server.get(f"{BASE}/api/x", status_code=403, json={"message": "Invalid access token"})
    with pytest.raises(Unauthenticated):
        connect(WorkspaceInputs(workspace_url=BASE, token="dapi-made-up"), context).get("/api/x")

    assert refused.call_count == 1


def test_a_personal_access_token_is_warned_of(
    server: Any, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    session = connect(WorkspaceInputs(workspace_url=BASE, token="dapi-made-up"), context)
    session.get("/api/x")
    session.get("/api/x")

    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert [text.split(",")[0] for text in warnings] == [
        "this signs in with a personal access token"
    ]
    assert "dapi" not in caplog.text


def test_who_names_it_has_been_warned(
    server: Any, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    inputs = WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", sign_in="token")
    connect(inputs, context).get("/api/x")

    assert [one for one in caplog.records if one.levelname == "WARNING"] == []


def test_a_service_principal_signs_in_to_databricks(
    server: Any, context: Context, principals: Principals
) -> None:
    connect(WorkspaceInputs(workspace_url=BASE, **PRINCIPAL), context).get("/api/x")

    assert headers(server)["Authorization"] == f"Bearer service_principal-for-{DATABRICKS}"
    assert MANAGEMENT_TOKEN not in headers(server)
    assert [one["client_secret"] for one in principals.asked] == ["made-up"]


@pytest.mark.parametrize(
    "named",
    [
        {"workspace_resource_id": WORKSPACE},
        {"resource_group": "rg", "workspace_name": "wine"},
    ],
    ids=["by id", "by name"],
)
def test_a_workspace_that_resource_manager_knows(
    server: Any, context: Context, principals: Principals, named: dict[str, str]
) -> None:
    knows_the_workspace(server)
    connect(WorkspaceInputs(**named, **PRINCIPAL), context).get("/api/x")

    sent = headers(server)
    assert sent["Authorization"] == f"Bearer service_principal-for-{DATABRICKS}"
    assert sent[MANAGEMENT_TOKEN] == f"service_principal-for-{RESOURCE_MANAGER}"
    assert sent[RESOURCE_ID] == WORKSPACE


def test_both_tokens_are_of_the_same_principal(
    server: Any, context: Context, recording_ci: Any, principals: Principals
) -> None:
    knows_the_workspace(server)
    recording_ci.name = "github-actions"
    recording_ci.identity_tokens += ["1", "2", "3"]
    principals.refused = {f"with_assertion-for-{DATABRICKS}"}  # but it may look the workspace up
    connect(WorkspaceInputs(workspace_resource_id=WORKSPACE, **PRINCIPAL), context).get("/api/x")

    assert principals.kinds[0] == "with_assertion"
    sent = headers(server)
    assert sent["Authorization"] == f"Bearer service_principal-for-{DATABRICKS}"
    assert sent[MANAGEMENT_TOKEN] == f"service_principal-for-{RESOURCE_MANAGER}"


def test_a_sovereign_workspace_is_looked_up_in_its_own_cloud(
    server: Any, context: Context, principals: Principals
) -> None:
    knows_the_workspace(server, US_GOVERNMENT.resource_manager)
    inputs = WorkspaceInputs(
        workspace_resource_id=WORKSPACE, azure_cloud="usgovernment", **PRINCIPAL
    )
    connect(inputs, context).get("/api/x")

    assert headers(server)[MANAGEMENT_TOKEN] == (
        "service_principal-for-https://management.usgovcloudapi.net"
    )
    assert {one["cloud"] for one in principals.asked} == {US_GOVERNMENT}


def test_the_cloud_follows_from_the_address(
    server: Any, context: Context, principals: Principals
) -> None:
    url = "https://adb-1.2.databricks.azure.us"
    server.get(f"{url}/api/x", json={})
    connect(WorkspaceInputs(workspace_url=url, **PRINCIPAL), context).get("/api/x")

    assert [one["cloud"] for one in principals.asked] == [US_GOVERNMENT]


def test_the_cloud_follows_from_the_service_connection(
    server: Any, context: Context, recording_ci: Any, principals: Principals
) -> None:
    recording_ci.connections["c0ffee"] = ServiceConnection(
        "c0ffee", FEDERATED, TENANT, "client", environment="AzureUSGovernment"
    )
    knows_the_workspace(server, US_GOVERNMENT.resource_manager)
    inputs = WorkspaceInputs(workspace_resource_id=WORKSPACE, azure_service_connection="c0ffee")
    connect(inputs, context).get("/api/x")

    assert principals.asked[0]["resource"] == US_GOVERNMENT.resource_manager


def test_a_token_of_the_workspace_needs_no_second_one_beside_it(
    server: Any, make_context: Callable[..., Context], principals: Principals
) -> None:
    knows_the_workspace(server)
    context = make_context(OPERATION, environment={"AZURE_CLIENT_SECRET": "made-up"})
    inputs = WorkspaceInputs(workspace_resource_id=WORKSPACE, token="dapi-made-up", **PRINCIPAL)
    connect(inputs, context).get("/api/x")

    assert headers(server)["Authorization"] == "Bearer dapi-made-up"
    assert MANAGEMENT_TOKEN not in headers(server)
    assert {one["resource"] for one in principals.asked} == {RESOURCE_MANAGER}


def test_a_resource_id_that_is_there_for_others_needs_no_second_sign_in(
    server: Any, make_context: Callable[..., Context], principals: Principals
) -> None:
    context = make_context(OPERATION, environment={"DATABRICKS_AZURE_RESOURCE_ID": WORKSPACE})
    inputs = WorkspaceInputs(
        workspace_url=BASE, workspace_resource_id=WORKSPACE, token="dapi-made-up"
    )
    connect(inputs, context).get("/api/x")

    assert headers(server)["Authorization"] == "Bearer dapi-made-up"
    assert principals.asked == []


def test_a_new_workspace_is_waited_for_when_asked(server: Any, context: Context) -> None:
    probes = server.get(f"{BASE}/api/2.0/instance-pools/list", json={"instance_pools": []})
    connect(WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", first_contact=True), context)

    assert probes.call_count == 1


def test_first_contact_by_address_alone_finds_the_id_that_lets_one_in(
    server: Any, context: Context, clock: FakeClock, principals: Principals
) -> None:
    knows_the_workspace(server)
    probes = server.get(
        f"{BASE}/api/2.0/instance-pools/list",
        [
            {"status_code": 400, "json": {"error_code": "INVALID_PARAMETER_VALUE"}},
            {"json": {"instance_pools": []}},
        ],
    )
    inputs = WorkspaceInputs(workspace_url=BASE, first_contact=True, **PRINCIPAL)
    connect(inputs, context)

    assert probes.call_count == 2
    for request in probes.request_history:
        assert request.headers[RESOURCE_ID] == WORKSPACE
        assert request.headers[MANAGEMENT_TOKEN] == f"service_principal-for-{RESOURCE_MANAGER}"


@pytest.mark.parametrize("status", [403, 404])
def test_first_contact_of_who_may_not_look_goes_on_without(
    server: Any, context: Context, principals: Principals, status: int
) -> None:
    server.get(f"{RESOURCE_MANAGER}/subscriptions", status_code=status, json={})
    probes = server.get(f"{BASE}/api/2.0/instance-pools/list", json={})
    connect(WorkspaceInputs(workspace_url=BASE, first_contact=True, **PRINCIPAL), context)

    assert RESOURCE_ID not in probes.last_request.headers


def test_who_is_not_in_the_workspace_is_told_how_to_get_in(
    server: Any, context: Context, principals: Principals
) -> None:
    server.get(f"{BASE}/api/x", status_code=403, json={"message": "User not authorized."})
    with pytest.raises(PermissionDenied) as caught:
        connect(WorkspaceInputs(workspace_url=BASE, **PRINCIPAL), context).get("/api/x")

    assert "workspace-resource-id" in caught.value.fix


@pytest.mark.parametrize(
    ("inputs", "said", "fix"),
    [
        ({"token": "t"}, "no workspace is named", "set workspace-url"),
        ({"token": "t", "resource_group": "rg"}, "no workspace is named", "with workspace-name"),
        ({"workspace_url": BASE}, "no credential is given", "docs/identity.md"),
        (
            {"workspace_url": BASE, "azure_client_id": "c", "azure_tenant_id": "t"},
            "azure-client-secret (or -certificate) is not set",
            "docs/identity.md",
        ),
        (
            {"workspace_resource_id": WORKSPACE, "token": "t"},
            "only an identity of Microsoft Entra can",
            "workspace-url",
        ),
        ({"workspace_url": "http://adb-1.2.azuredatabricks.net", "token": "t"}, "https", "https"),
        ({"workspace_url": BASE, "token": "t", "allowed_tenants": ("me",)}, "'me'", "give ids"),
        (
            {"workspace_url": BASE, "token": "t", "sign_in": "service-principal"},
            "signing in by service-principal isn't possible: azure-tenant-id, azure-client-id",
            "choose another way",
        ),
    ],
)
def test_what_is_missing_is_named(
    server: Any, context: Context, inputs: dict[str, Any], said: str, fix: str
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


def test_another_workspace_found_by_its_id_never_sees_a_token(
    server: Any, context: Context, principals: Principals
) -> None:
    knows_the_workspace(server)
    inputs = WorkspaceInputs(
        workspace_resource_id=WORKSPACE, allowed_workspaces=("https://other.example",), **PRINCIPAL
    )
    with pytest.raises(WorkspaceNotAllowed):
        connect(inputs, context)

    assert {request.hostname for request in server.request_history} == {"management.azure.com"}
    assert {one["resource"] for one in principals.asked} == {RESOURCE_MANAGER}


@pytest.mark.parametrize("writes", [True, False])
def test_another_tenant_is_an_error_before_anything_is_written(
    server: Any, context: Context, principals: Principals, writes: bool
) -> None:
    session = connect(
        WorkspaceInputs(workspace_url=BASE, allowed_tenants=(TENANT,), **PRINCIPAL), context
    )
    with pytest.raises(TenantNotAllowed):  # the tokens of these principals tell no tenant
        session.post("/api/x", {}) if writes else session.get("/api/x")

    assert server.call_count == 0


def test_a_token_that_tells_no_tenant_does_where_the_workspace_is_guarded(
    server: Any, make_context: Callable[..., Context]
) -> None:
    guard: dict[str, Any] = {"allowed_tenants": (TENANT,)}
    inputs = WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", **guard)
    with pytest.raises(TenantNotAllowed, match="signing in by token tells no tenant"):
        connect(inputs, make_context(OPERATION)).get("/api/x")
    assert server.call_count == 0

    guard["allowed_workspaces"] = (BASE,)
    inputs = WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", **guard)
    connect(inputs, make_context(OPERATION)).get("/api/x")
    assert server.call_count == 1


def test_an_address_that_is_not_the_ids_is_an_error(
    server: Any, context: Context, principals: Principals
) -> None:
    knows_the_workspace(server)
    inputs = WorkspaceInputs(
        workspace_url="https://adb-9.9.azuredatabricks.net",
        workspace_resource_id=WORKSPACE,
        **PRINCIPAL,
    )
    with pytest.raises(Ambiguous, match=r"adb-9\.9\.azuredatabricks\.net, and .* is at .*adb-1\.2"):
        connect(inputs, context)


def test_who_signed_in_can_be_asked_for_a_token(
    server: Any, context: Context, principals: Principals
) -> None:
    opened = open_workspace(WorkspaceInputs(workspace_url=BASE, **PRINCIPAL), context)

    assert opened.session.base == BASE
    assert opened.sign_in.mint(DATABRICKS).value == f"service_principal-for-{DATABRICKS}"


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_writes_nothing(server: Any, context: Context, dry_run: bool) -> None:
    server.post(f"{BASE}/api/x", json={})
    session = connect(
        WorkspaceInputs(workspace_url=BASE, token="dapi-made-up", dry_run=dry_run), context
    )
    assert session.read_only is dry_run
    if dry_run:
        with pytest.raises(ReadOnly):
            session.post("/api/x", {})
    else:
        session.post("/api/x", {})
