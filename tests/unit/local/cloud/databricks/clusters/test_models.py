from __future__ import annotations

import json

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace
from fake_drivers import Stage


def test_what_was_asked_for_is_shown(workspace: Workspace) -> None:
    cluster_id = workspace.cluster(
        custom_tags={"team": "wine"}, autoscale={"min_workers": 1, "max_workers": 4}
    )
    found = workspace.get("clusters/get", cluster_id=cluster_id)
    assert found["cluster_name"] == "ml"
    assert found["custom_tags"] == {"team": "wine"}
    assert found["autoscale"] == {"min_workers": 1, "max_workers": 4}
    assert found["cluster_source"] == "API"
    assert found["default_tags"]["ClusterId"] == cluster_id
    assert found["driver_node_type_id"] == "Standard_DS3_v2"
    assert found["creator_user_name"] == "owner@modelyard.local"


def test_two_clusters_may_have_one_name(workspace: Workspace) -> None:
    first, second = workspace.cluster(), workspace.cluster()
    assert first != second
    listed = workspace.get("clusters/list")["clusters"]
    assert [found["cluster_id"] for found in listed] == [second, first]
    assert {found["cluster_name"] for found in listed} == {"ml"}


def test_an_unknown_cluster_is_the_service_s_400(workspace: Workspace) -> None:
    for verb in ("start", "restart", "delete", "permanent-delete", "edit", "resize", "pin"):
        with pytest.raises(ApiFailure) as failure:
            workspace.post(f"clusters/{verb}", **{**CLUSTER, "cluster_id": "0101-000000-x"})
        assert failure.value.status == 400
        assert failure.value.code == "INVALID_PARAMETER_VALUE"
        assert failure.value.message == "Cluster 0101-000000-x does not exist"


def test_the_same_idempotency_token_gives_the_same_cluster(workspace: Workspace) -> None:
    first = workspace.post("clusters/create", **CLUSTER, idempotency_token="attempt-1")
    again = workspace.post("clusters/create", **CLUSTER, idempotency_token="attempt-1")
    other = workspace.post("clusters/create", **CLUSTER, idempotency_token="attempt-2")
    assert first == again != other
    assert len(workspace.get("clusters/list")["clusters"]) == 2


def test_the_token_of_a_deleted_cluster_is_an_error(workspace: Workspace) -> None:
    made = workspace.post("clusters/create", **CLUSTER, idempotency_token="once")
    workspace.post("clusters/permanent-delete", **made)
    with pytest.raises(ApiFailure, match="does not exist"):
        workspace.post("clusters/create", **CLUSTER, idempotency_token="once")
    with pytest.raises(ApiFailure, match="at most 64 characters"):
        workspace.post("clusters/create", **CLUSTER, idempotency_token="x" * 65)


def test_editing_a_running_cluster_restarts_it(workspace: Workspace, stage: Stage) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/edit", **{**CLUSTER, "cluster_id": cluster_id, "num_workers": 5})
    found = workspace.cluster_reaches(cluster_id, "RUNNING")
    assert found["num_workers"] == 5
    assert [driver.stopped for driver in stage.drivers] == [True, False]


def test_editing_a_terminated_cluster_does_not_start_it(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    workspace.post("clusters/edit", **{**CLUSTER, "cluster_id": cluster_id, "cluster_name": "new"})
    found = workspace.get("clusters/get", cluster_id=cluster_id)
    assert (found["state"], found["cluster_name"]) == ("TERMINATED", "new")


def test_a_bad_edit_changes_nothing(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    with pytest.raises(ApiFailure, match="Node type"):
        workspace.post(
            "clusters/edit", **{**CLUSTER, "cluster_id": cluster_id, "node_type_id": "x"}
        )
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RUNNING"


def test_version_2_1_pages_and_filters(workspace: Workspace) -> None:
    made = [
        workspace.post("clusters/create", **{**CLUSTER, "cluster_name": f"c{n}"})["cluster_id"]
        for n in range(5)
    ]
    for cluster_id in made:
        workspace.cluster_reaches(cluster_id, "RUNNING")
    workspace.post("clusters/delete", cluster_id=made[0])
    workspace.cluster_reaches(made[0], "TERMINATED")
    workspace.post("clusters/pin", cluster_id=made[1])
    first = workspace.get("2.1/clusters/list", page_size=2)
    second = workspace.get("2.1/clusters/list", page_size=2, page_token=first["next_page_token"])
    names = [c["cluster_name"] for page in (first, second) for c in page["clusters"]]
    assert names == ["c4", "c3", "c2", "c1"]
    gone = workspace.get("2.1/clusters/list", **{"filter_by.cluster_states": "TERMINATED"})
    assert [c["cluster_id"] for c in gone["clusters"]] == [made[0]]
    pinned = workspace.get("2.1/clusters/list", **{"filter_by.is_pinned": "true"})
    assert [c["cluster_id"] for c in pinned["clusters"]] == [made[1]]
    assert len(workspace.get("2.0/clusters/list")["clusters"]) == 5


def test_events_are_paged(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    page = workspace.post("clusters/events", cluster_id=cluster_id, order="ASC", limit=2)
    assert [event["type"] for event in page["events"]] == ["CREATING", "RUNNING"]
    assert page["total_count"] == 3
    rest = workspace.post("clusters/events", **page["next_page"])
    assert [event["type"] for event in rest["events"]] == ["DRIVER_HEALTHY"]
    assert "next_page" not in rest
    only = workspace.post("clusters/events", cluster_id=cluster_id, event_types=["RUNNING"])
    assert [event["type"] for event in only["events"]] == ["RUNNING"]


def test_what_clusters_can_be_made_of(workspace: Workspace) -> None:
    assert workspace.get("clusters/spark-versions")["versions"][0].keys() == {"key", "name"}
    names = [n["node_type_id"] for n in workspace.get("clusters/list-node-types")["node_types"]]
    assert "Standard_DS3_v2" in names


def test_a_policy_fills_in_and_refuses(workspace: Workspace) -> None:
    definition = {
        "autotermination_minutes": {"type": "fixed", "value": 20},
        "node_type_id": {"type": "allowlist", "values": ["Standard_DS3_v2"]},
    }
    policy = workspace.post(
        "policies/clusters/create", name="small", definition=json.dumps(definition)
    )
    cluster_id = workspace.cluster(**policy)
    assert workspace.get("clusters/get", cluster_id=cluster_id)["autotermination_minutes"] == 20
    with pytest.raises(ApiFailure) as failure:
        workspace.post(
            "clusters/create", **{**CLUSTER, **policy, "node_type_id": "Standard_DS5_v2"}
        )
    assert failure.value.message == (
        "Cluster validation error: Validation failed for node_type_id, the value must be one of "
        "['Standard_DS3_v2'] (is \"Standard_DS5_v2\")"
    )
    with pytest.raises(ApiFailure) as failure:
        workspace.post("clusters/create", **CLUSTER, policy_id="0000000000000000")
    assert failure.value.code == "RESOURCE_DOES_NOT_EXIST"


def test_clusters_from_a_pool(workspace: Workspace) -> None:
    pool = workspace.post(
        "instance-pools/create",
        instance_pool_name="warm",
        node_type_id="Standard_DS3_v2",
        min_idle_instances=2,
        max_capacity=4,
    )
    cluster_id = workspace.cluster(node_type_id=None, num_workers=2, **pool)
    stats = workspace.get("instance-pools/get", **pool)["stats"]
    assert (stats["used_count"], stats["idle_count"]) == (3, 1)
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert workspace.get("instance-pools/get", **pool)["stats"]["used_count"] == 0
    with pytest.raises(ApiFailure, match="Can't find an instance pool"):
        workspace.post(
            "clusters/create", **{**CLUSTER, "node_type_id": None, "instance_pool_id": "gone"}
        )
