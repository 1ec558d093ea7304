from __future__ import annotations

import json
from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace
from modelyard.clock import FakeClock


def error(response: Any) -> tuple[int, Any, str]:
    body = json.loads(response.get_data())
    return response.status_code, body["error_code"], body["message"]


def test_without_a_token_nothing_is_answered(workspace: Workspace) -> None:
    response = workspace.raw("GET", "/api/2.0/clusters/list", token=None)
    assert error(response) == (
        401,
        "UNAUTHENTICATED",
        "Credential was not sent or was of an unsupported type for this API.",
    )
    assert "Bearer" in response.headers["WWW-Authenticate"]


def test_basic_authentication_is_not_a_token(workspace: Workspace) -> None:
    response = workspace.raw(
        "GET", "/api/2.0/clusters/list", token=None, headers={"Authorization": "Basic dG9rOng="}
    )
    assert response.status_code == 401


def test_a_wrong_token_is_a_403_as_in_the_service(workspace: Workspace) -> None:
    response = workspace.raw("GET", "/api/2.0/clusters/list", token="dapi-of-nobody")
    assert error(response) == (403, 403, "Invalid access token.")


def test_an_expired_token_is_a_wrong_one(workspace: Workspace, clock: FakeClock) -> None:
    _, value = workspace.model.access.create("short", lifetime_seconds=60)
    assert workspace.raw("GET", "/api/2.0/clusters/list", token=value).status_code == 200
    clock.advance(61)
    assert workspace.raw("GET", "/api/2.0/clusters/list", token=value).status_code == 403


def test_an_unknown_endpoint_and_a_wrong_method_are_404(workspace: Workspace) -> None:
    for method, path in (("GET", "/clusters/gett"), ("GET", "/clusters/create")):
        response = workspace.raw(method, f"/api/2.0{path}")
        assert error(response) == (
            404,
            "ENDPOINT_NOT_FOUND",
            f"No API found for '{method} {path}'",
        )


def test_an_unknown_endpoint_does_not_tell_strangers_that_it_is_unknown(
    workspace: Workspace,
) -> None:
    assert workspace.raw("GET", "/api/2.0/nothing", token=None).status_code == 401


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
def test_every_version_is_answered(workspace: Workspace, version: str) -> None:
    assert workspace.get(f"{version}/clusters/list") == {}


def test_an_unknown_version_is_no_endpoint(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure) as failure:
        workspace.get("9.9/clusters/list")
    assert (failure.value.status, failure.value.code) == (404, "ENDPOINT_NOT_FOUND")


def test_loopback_is_the_same_workspace(workspace: Workspace) -> None:
    workspace.post("workspace/mkdirs", path="/Shared/x")
    response = workspace.raw(
        "GET",
        "/api/2.0/workspace/get-status",
        host="127.0.0.1:8123",
        query_string={"path": "/Shared/x"},
    )
    assert json.loads(response.get_data())["object_type"] == "DIRECTORY"


def test_answers_name_the_workspace(workspace: Workspace) -> None:
    response = workspace.raw("GET", "/api/2.0/clusters/list")
    assert response.headers["x-databricks-org-id"] == "1000000000000001"


def test_the_host_configuration_needs_no_token(workspace: Workspace) -> None:
    response = workspace.raw("GET", "/.well-known/databricks-config", token=None)
    found = json.loads(response.get_data())
    assert found["cloud"] == "azure"
    assert found["workspace_id"] == "1000000000000001"
    assert found["oidc_endpoint"].startswith("https://adb-")
