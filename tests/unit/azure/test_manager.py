from __future__ import annotations

from typing import Any

import pytest
import requests_mock

from modelyard.azure.manager import workspace_by_id, workspace_by_name, workspace_by_url
from modelyard.clock import FakeClock
from modelyard.errors import Ambiguous, InputError, NotFound, PermissionDenied, ServiceError
from modelyard.http import Session

BASE = "https://management.azure.com"


def resource_id(subscription: str, group: str = "rg", name: str = "ws") -> str:
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.Databricks/workspaces/{name}"
    )


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, status_code=404, json={"error": {"code": "ResourceNotFound"}})
        yield mocker


@pytest.fixture
def manager(clock: FakeClock) -> Session:
    return Session(BASE, clock=clock, read_only=True)


def with_workspace(server: Any, path: str, host: str) -> None:
    server.get(BASE + path, json={"id": path, "properties": {"workspaceUrl": host}})


def with_subscriptions(server: Any, *names: str) -> None:
    server.get(
        f"{BASE}/subscriptions", json={"value": [{"subscriptionId": name} for name in names]}
    )


def test_a_workspace_by_its_id(server: Any, manager: Session) -> None:
    with_workspace(server, resource_id("s1"), "adb-1.2.azuredatabricks.net")
    found = workspace_by_id(manager, resource_id("s1"))

    assert found.url == "https://adb-1.2.azuredatabricks.net"
    assert found.resource_id == resource_id("s1")
    assert server.last_request.qs == {"api-version": ["2024-05-01"]}


@pytest.mark.parametrize(
    "text",
    ["ws", "/subscriptions/s1", resource_id("s1") + "/x", resource_id("s1") + "?x=y", "a" * 999],
)
def test_what_is_no_id_is_not_asked_for(server: Any, manager: Session, text: str) -> None:
    with pytest.raises(InputError, match="workspace-resource-id is ") as caught:
        workspace_by_id(manager, text)

    assert "Properties" in caught.value.fix
    assert server.call_count == 0


def test_a_workspace_that_is_not_there(server: Any, manager: Session) -> None:
    with pytest.raises(NotFound):
        workspace_by_id(manager, resource_id("s1"))


def test_a_workspace_that_is_being_made_has_no_address(server: Any, manager: Session) -> None:
    server.get(
        BASE + resource_id("s1"),
        json={"id": resource_id("s1"), "properties": {"provisioningState": "Creating"}},
    )
    with pytest.raises(ServiceError, match="no workspace address; its provisioning state is Creat"):
        workspace_by_id(manager, resource_id("s1"))


def test_a_workspace_by_its_name_in_whatever_subscription(server: Any, manager: Session) -> None:
    with_subscriptions(server, "s1", "s2", "s3")
    with_workspace(server, resource_id("s2"), "adb-2.2.azuredatabricks.net")

    assert workspace_by_name(manager, "rg", "ws").url == "https://adb-2.2.azuredatabricks.net"


def test_subscriptions_come_in_pages(server: Any, manager: Session) -> None:
    next_page = f"{BASE}/subscriptions?page=2"
    server.get(
        f"{BASE}/subscriptions",
        json={"value": [{"subscriptionId": "s1"}], "nextLink": next_page},
    )
    server.get(next_page, json={"value": [{"subscriptionId": "s2"}]})
    with_workspace(server, resource_id("s2"), "adb-2.2.azuredatabricks.net")

    assert workspace_by_name(manager, "rg", "ws").resource_id == resource_id("s2")


def test_one_name_in_two_subscriptions_lists_both(server: Any, manager: Session) -> None:
    with_subscriptions(server, "s1", "s2")
    for name in ("s1", "s2"):
        with_workspace(server, resource_id(name), f"adb-{name}.azuredatabricks.net")
    with pytest.raises(Ambiguous) as caught:
        workspace_by_name(manager, "rg", "ws")

    assert resource_id("s1") in caught.value.what
    assert resource_id("s2") in caught.value.what
    assert caught.value.fix == "give workspace-resource-id"


def test_a_subscription_without_rights_does_not_hide_the_others(
    server: Any, manager: Session
) -> None:
    with_subscriptions(server, "s1", "s2")
    server.get(
        BASE + resource_id("s1"),
        status_code=403,
        json={"error": {"code": "AuthorizationFailed", "message": "no"}},
    )
    with pytest.raises(NotFound, match=r"of the 2 subscriptions .*; in 1 of them it may not look"):
        workspace_by_name(manager, "rg", "ws")

    with_workspace(server, resource_id("s2"), "adb-2.2.azuredatabricks.net")
    assert workspace_by_name(manager, "rg", "ws").resource_id == resource_id("s2")


def test_no_right_to_a_workspace_named_by_its_id_is_said(server: Any, manager: Session) -> None:
    server.get(BASE + resource_id("s1"), status_code=403)
    with pytest.raises(PermissionDenied):
        workspace_by_id(manager, resource_id("s1"))


def test_names_cannot_reach_another_path(server: Any, manager: Session) -> None:
    with_subscriptions(server, "s1")
    with pytest.raises(NotFound):
        workspace_by_name(manager, "rg/../other", "ws?x=y")

    assert "/resourcegroups/rg%2f..%2fother/" in server.last_request.path.lower()
    assert set(server.last_request.qs) == {"api-version"}


def test_a_workspace_by_its_address_on_any_page(server: Any, manager: Session) -> None:
    with_subscriptions(server, "s1", "s2")
    path = f"{BASE}/subscriptions/{{}}/providers/Microsoft.Databricks/workspaces"
    more = f"{BASE}/more?page=2"
    unfinished: dict[str, Any] = {"id": "/unfinished", "properties": None}
    server.get(path.format("s1"), json={"value": [unfinished]})
    server.get(path.format("s2"), json={"value": [], "nextLink": more})
    found = {"id": resource_id("s2"), "properties": {"workspaceUrl": "adb-1.2.AzureDatabricks.net"}}
    server.get(more, json={"value": [found]})

    workspace = workspace_by_url(manager, "https://adb-1.2.azuredatabricks.net")
    assert workspace.resource_id == resource_id("s2")
    with pytest.raises(NotFound, match=r"no workspace at https://adb-9\.example"):
        workspace_by_url(manager, "https://adb-9.example")
