from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.instance_pool import OPERATION
from unit.cluster_workspace import HOST, ClusterWorkspace

ENVIRONMENT = {"DATABRICKS_HOST": HOST, "DATABRICKS_TOKEN": "made-up-token-1234"}
POOL = {
    "pool-name": "training",
    "node-type": "Standard_DS3_v2",
    "min-idle-instances": "1",
    "max-capacity": "10",
    "idle-autotermination-minutes": "15",
    "preloaded-spark-version": "15.4.x-cpu-ml-scala2.12",
    "custom-tags": "team: ml",
    "azure-availability": "SPOT_WITH_FALLBACK_AZURE",
}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


def pool(ci: Any, clock: FakeClock, given: dict[str, str], **more: str) -> int:
    inputs = {**given, **{name.replace("_", "-"): value for name, value in more.items()}}
    return execute(OPERATION, inputs, ci, environment=ENVIRONMENT, clock=clock)


def test_one_that_is_not_there_is_created_then_left_alone(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    assert pool(recording_ci, clock, POOL) == 0
    assert workspace.asked("instance-pools/create") == [
        {
            "instance_pool_name": "training",
            "node_type_id": "Standard_DS3_v2",
            "min_idle_instances": 1,
            "max_capacity": 10,
            "idle_instance_autotermination_minutes": 15,
            "preloaded_spark_versions": ["15.4.x-cpu-ml-scala2.12"],
            "custom_tags": {"team": "ml"},
            "azure_attributes": {"availability": "SPOT_WITH_FALLBACK_AZURE"},
        }
    ]
    (pool_id,) = workspace.pools
    assert recording_ci.outputs == {"pool-id": pool_id, "action": "created"}
    assert pool(recording_ci, clock, POOL) == 0
    assert recording_ci.outputs == {"pool-id": pool_id, "action": "left-alone"}
    assert len(workspace.calls) == 1


def test_what_a_pool_can_change_is_updated_and_told(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    pool(recording_ci, clock, POOL)
    assert pool(recording_ci, clock, POOL, max_capacity="20") == 0
    assert [one["max_capacity"] for one in workspace.pools.values()] == [20]
    assert recording_ci.outputs["action"] == "updated"
    assert "max_capacity 10, asked for 20" in recording_ci.text


def test_another_node_type_is_a_clear_error_and_nothing_is_changed(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    pool(recording_ci, clock, POOL)
    given = {"node_type": "Standard_DS4_v2", "max_capacity": "20"}
    assert pool(recording_ci, clock, POOL, **given) == 15
    assert (
        "node_type_id Standard_DS3_v2, asked for Standard_DS4_v2" in (recording_ci.outputs["error"])
    )
    assert workspace.asked("instance-pools/edit") == []


def test_a_change_that_the_service_silently_drops_is_an_error(
    workspace: ClusterWorkspace,
    recording_ci: Any,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool(recording_ci, clock, POOL)
    monkeypatch.setattr(workspace, "_instance_pools_edit", lambda _: (200, {}))
    assert pool(recording_ci, clock, POOL, max_capacity="20") == 17
    assert "kept max_capacity 10, asked for 20" in recording_ci.outputs["error"]


def test_the_name_alone_finds_it(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    pool(recording_ci, clock, POOL)
    assert pool(recording_ci, clock, {"pool-name": "training"}) == 0
    assert recording_ci.outputs["action"] == "left-alone"
    assert pool(recording_ci, clock, {"pool-name": "train"}) == 2
    assert "to create it node-type is missing" in recording_ci.outputs["error"]


def test_it_can_be_deleted_and_that_twice(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    pool(recording_ci, clock, POOL)
    assert pool(recording_ci, clock, {"pool-name": "training", "ensure": "absent"}) == 0
    assert workspace.pools == {}
    assert recording_ci.outputs["action"] == "deleted"
    assert pool(recording_ci, clock, {"pool-name": "training", "ensure": "absent"}) == 0
    assert recording_ci.outputs["action"] == "left-alone"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"min_idle_instances": "-1"}, "below 0"),
        ({"max_capacity": "0"}, "below 1"),
        ({"min_idle_instances": "11"}, "min-idle-instances is 11, more than max-capacity, 10"),
        ({"idle_autotermination_minutes": "10001"}, "between 0 and 10000"),
        ({"pool_name": "x" * 101}, "101 characters"),
        ({"node_type": "Standard_X"}, "there is no node type Standard_X"),
        ({"preloaded_spark_version": "1.0"}, "spark-version 1.0 isn't offered"),
        ({"custom_tags": "[a]"}, "custom-tags isn't a mapping"),
    ],
)
def test_bad_input_creates_nothing(
    workspace: ClusterWorkspace,
    recording_ci: Any,
    clock: FakeClock,
    change: dict[str, str],
    complaint: str,
) -> None:
    assert pool(recording_ci, clock, POOL, **change) == 2
    assert complaint in recording_ci.outputs["error"]
    assert workspace.pools == {}


def test_a_lost_answer_makes_one_pool(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    workspace.lose("instance-pools/create", "after")
    assert pool(recording_ci, clock, POOL) == 0
    assert list(workspace.pools) == [recording_ci.outputs["pool-id"]]


def test_a_dry_run_writes_nothing(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    assert pool(recording_ci, clock, POOL, dry_run="true") == 0
    assert "would create it" in recording_ci.text
    assert workspace.calls == []
    pool(recording_ci, clock, POOL)
    workspace.calls.clear()
    assert pool(recording_ci, clock, POOL, dry_run="true", max_capacity="20") == 0
    assert pool(recording_ci, clock, POOL, dry_run="true", ensure="absent") == 0
    assert "would update it" in recording_ci.text
    assert "would delete it" in recording_ci.text
    assert workspace.calls == []
