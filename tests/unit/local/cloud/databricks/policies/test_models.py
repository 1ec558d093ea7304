from __future__ import annotations

import pytest

from databricks_service import ApiFailure, Workspace


def test_policies_are_made_changed_listed_and_removed(workspace: Workspace) -> None:
    made = workspace.post("policies/clusters/create", name="small", definition="{}")
    workspace.post(
        "policies/clusters/edit", **made, name="tiny", definition='{"a": {"type": "forbidden"}}'
    )
    found = workspace.get("policies/clusters/get", **made)
    assert (found["name"], found["creator_user_name"]) == ("tiny", "owner@modelyard.local")
    listed = workspace.get("policies/clusters/list")
    assert (listed["total_count"], listed["policies"]) == (1, [found])
    workspace.post("policies/clusters/delete", **made)
    with pytest.raises(ApiFailure) as failure:
        workspace.get("policies/clusters/get", **made)
    assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_names_are_unique(workspace: Workspace) -> None:
    workspace.post("policies/clusters/create", name="small")
    with pytest.raises(ApiFailure) as failure:
        workspace.post("policies/clusters/create", name="small")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, "name"), ({"name": "x", "definition": "{"}, "holds JSON")],
)
def test_what_is_wrong_is_told(workspace: Workspace, fields: dict[str, str], told: str) -> None:
    with pytest.raises(ApiFailure, match=told):
        workspace.post("policies/clusters/create", **fields)
