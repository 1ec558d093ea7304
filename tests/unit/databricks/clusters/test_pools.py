from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.clusters import pools
from modelyard.errors import AlreadyExists, Ambiguous, NotFound, UnknownState
from modelyard.http import Session
from unit.cluster_workspace import HOST, ClusterWorkspace

SPEC: dict[str, Any] = {
    "instance_pool_name": "training",
    "node_type_id": "Standard_DS3_v2",
    "min_idle_instances": 1,
    "preloaded_spark_versions": ["15.4.x-scala2.12"],
}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def add(workspace: ClusterWorkspace, pool_id: str, **fields: Any) -> None:
    workspace.pools[pool_id] = {
        "instance_pool_id": pool_id,
        "state": "ACTIVE",
        **SPEC,
        **fields,
    }


def test_a_name_is_exact_and_deleted_pools_do_not_count(
    workspace: ClusterWorkspace, session: Session
) -> None:
    add(workspace, "a", instance_pool_name="training-2")
    add(workspace, "b", state="DELETED")
    assert pools.find(session, "training") is None
    with pytest.raises(NotFound, match="there are: training-2"):
        pools.required(session, "training")
    add(workspace, "c", state="STOPPED")
    assert pools.required(session, "training").pool_id == "c"


def test_two_of_one_name_are_an_error(workspace: ClusterWorkspace, session: Session) -> None:
    add(workspace, "a")
    add(workspace, "b")
    with pytest.raises(Ambiguous, match="a, b"):
        pools.find(session, "training")


def test_a_state_nobody_knows_fails(workspace: ClusterWorkspace, session: Session) -> None:
    add(workspace, "a", state="FROZEN")
    with pytest.raises(UnknownState, match="FROZEN"):
        pools.find(session, "training")


def test_every_state_of_the_sdk_is_known() -> None:
    compute = pytest.importorskip("databricks.sdk.service.compute")
    assert {one.value for one in compute.InstancePoolState} == set(pools.STATES)


def test_a_lost_answer_makes_one_pool(workspace: ClusterWorkspace, session: Session) -> None:
    workspace.lose("instance-pools/create", "after")
    pool_id = pools.create(session, SPEC)
    assert list(workspace.pools) == [pool_id]


def test_only_what_was_asked_for_is_compared(workspace: ClusterWorkspace, session: Session) -> None:
    add(workspace, "a", max_capacity=5, custom_tags={"team": "ml", "cost": "1"})
    pool = pools.required(session, "training")
    assert pools.differences(SPEC, pool) == ()
    assert pools.differences({"custom_tags": {"team": "ml"}}, pool) == ()
    assert pools.differences({"enable_elastic_disk": False}, pool) == ()
    (only,) = pools.differences({"max_capacity": 6}, pool)
    assert only.text == "max_capacity 5, asked for 6"
    assert only.can_be_mended


@pytest.mark.parametrize(
    "change",
    [
        {"node_type_id": "Standard_DS4_v2"},
        {"preloaded_spark_versions": ["16.4.x-scala2.12"]},
        {"enable_elastic_disk": True},
    ],
)
def test_what_a_pool_keeps_for_ever_is_a_clear_error(
    workspace: ClusterWorkspace, session: Session, change: dict[str, Any]
) -> None:
    add(workspace, "a")
    pool = pools.required(session, "training")
    with pytest.raises(AlreadyExists) as caught:
        pools.check_mendable(pool, pools.differences(change, pool))
    assert next(iter(change)) in caught.value.what
    assert "training (a)" in caught.value.what


def test_an_edit_repeats_what_stays(workspace: ClusterWorkspace, session: Session) -> None:
    add(workspace, "a", max_capacity=5, idle_instance_autotermination_minutes=20)
    pools.edit(session, pools.required(session, "training"), {"max_capacity": 9})
    assert workspace.asked("instance-pools/edit") == [
        {"instance_pool_id": "a", **SPEC, "max_capacity": 9,
         "idle_instance_autotermination_minutes": 20}
    ]  # fmt: skip


def test_a_lost_answer_to_a_deletion_is_no_failure(
    workspace: ClusterWorkspace, session: Session
) -> None:
    add(workspace, "a")
    workspace.lose("instance-pools/delete", "after")
    pools.delete(session, "a")
    assert workspace.pools == {}
