from __future__ import annotations

import pytest

from databricks_service import ApiFailure, Workspace

SCIM = "preview/scim/v2"
APPLICATION = "11111111-2222-4333-8444-555555555555"


def test_me_is_the_owner_of_the_token(workspace: Workspace) -> None:
    me = workspace.get(f"{SCIM}/Me")
    assert me["userName"] == "owner@modelyard.local"
    assert {"display": "admins"}.items() <= me["groups"][0].items()
    users = workspace.get(f"{SCIM}/Users", filter='userName eq "owner@modelyard.local"')
    assert [user["id"] for user in users["Resources"]] == [me["id"]]


def test_service_principals_are_added_found_and_removed(workspace: Workspace) -> None:
    made = workspace.post(f"{SCIM}/ServicePrincipals", applicationId=APPLICATION, displayName="ci")
    listed = workspace.get(f"{SCIM}/ServicePrincipals", filter=f"applicationId eq {APPLICATION}")
    assert listed["totalResults"] == 1
    assert workspace.get(f"{SCIM}/ServicePrincipals/{made['id']}")["displayName"] == "ci"
    with pytest.raises(ApiFailure) as failure:
        workspace.post(f"{SCIM}/ServicePrincipals", applicationId=APPLICATION)
    assert failure.value.status == 409
    workspace.call("DELETE", f"{SCIM}/ServicePrincipals/{made['id']}")
    assert workspace.get(f"{SCIM}/ServicePrincipals")["Resources"] == []
    with pytest.raises(ApiFailure) as failure:
        workspace.get(f"{SCIM}/ServicePrincipals/{made['id']}")
    assert failure.value.status == 404


def test_a_filter_that_is_not_understood_is_not_ignored(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure, match="Unsupported filter"):
        workspace.get(f"{SCIM}/Users", filter='userName co "x"')
