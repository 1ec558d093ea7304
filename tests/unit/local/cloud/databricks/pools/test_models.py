from __future__ import annotations

from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace

POOL: dict[str, Any] = {"instance_pool_name": "warm", "node_type_id": "Standard_DS3_v2"}


def test_pools_are_made_changed_listed_and_removed(workspace: Workspace) -> None:
    assert workspace.get("instance-pools/list") == {}
    made = workspace.post(
        "instance-pools/create",
        **POOL,
        preloaded_spark_versions=["15.4.x-scala2.12"],
        idle_instance_autotermination_minutes="10",
    )
    workspace.post("instance-pools/edit", **made, **POOL, min_idle_instances=1)
    found = workspace.get("instance-pools/get", **made)
    assert found["state"] == "ACTIVE"
    assert found["min_idle_instances"] == 1
    assert "preloaded_spark_versions" not in found  # an edit sets everything anew
    assert workspace.get("instance-pools/list")["instance_pools"] == [found]
    workspace.post("instance-pools/delete", **made)
    with pytest.raises(ApiFailure) as failure:
        workspace.get("instance-pools/get", **made)
    assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"instance_pool_name": ""}, "instance_pool_name"),
        ({"node_type_id": ""}, "node_type_id"),
        ({"node_type_id": "Big_One"}, "Big_One is not supported"),
        ({"min_idle_instances": -1}, "min_idle_instances"),
        ({"max_capacity": "many"}, "max_capacity"),
        ({"preloaded_spark_versions": ["1.0"]}, "Invalid spark version 1.0"),
    ],
)
def test_what_is_wrong_is_told(workspace: Workspace, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiFailure, match=told):
        workspace.post("instance-pools/create", **{**POOL, **fields})


def test_names_are_unique_and_the_node_type_stays(workspace: Workspace) -> None:
    made = workspace.post("instance-pools/create", **POOL)
    with pytest.raises(ApiFailure) as failure:
        workspace.post("instance-pools/create", **POOL)
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(ApiFailure, match="can't be changed"):
        workspace.post("instance-pools/edit", **{**POOL, **made, "node_type_id": "Standard_F4"})
