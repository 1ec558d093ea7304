from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.cluster_stop import OPERATION
from unit.cluster_workspace import HOST, ClusterWorkspace

ENVIRONMENT = {"DATABRICKS_HOST": HOST, "DATABRICKS_TOKEN": "made-up-token-1234"}
LIBRARY = {"pypi": {"package": "mlflow"}}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


def stop(ci: Any, clock: FakeClock, **given: str) -> int:
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    return execute(OPERATION, inputs, ci, environment=ENVIRONMENT, clock=clock)


def test_it_says_terminated_only_when_it_is(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    assert stop(recording_ci, clock, cluster_name="ml") == 0
    assert workspace.clusters[cluster_id]["state"] == "TERMINATED"
    assert recording_ci.outputs == {
        "cluster-id": cluster_id,
        "state": "TERMINATED",
        "action": "terminated",
    }


def test_one_that_does_not_terminate_in_time_is_no_success(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    workspace.add("ml", "TERMINATING")
    assert stop(recording_ci, clock, cluster_name="ml", timeout_minutes="2") == 36
    assert "still TERMINATING after 2 m 00 s" in recording_ci.outputs["error"]


def test_one_that_is_terminated_is_left_alone(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED")
    assert stop(recording_ci, clock, cluster_id=cluster_id) == 0
    assert recording_ci.outputs["action"] == "left-alone"
    assert "already TERMINATED" in recording_ci.text
    assert workspace.calls == []


@pytest.mark.parametrize("state", ["RUNNING", "TERMINATED"])
def test_it_can_be_deleted_for_ever(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock, state: str
) -> None:
    workspace.add("ml", state)
    assert stop(recording_ci, clock, cluster_name="ml", permanent="true") == 0
    assert workspace.clusters == {}
    assert recording_ci.outputs["action"] == "deleted"
    assert recording_ci.outputs["state"] == "DELETED"


def test_libraries_are_uninstalled_before_it_terminates(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    everywhere = {"library": {"jar": "dbfs:/x.jar"}, "status": "SKIPPED"}
    workspace.libraries[cluster_id] = [
        {"library": LIBRARY, "status": "INSTALLED"},
        {**everywhere, "is_library_for_all_clusters": True},
    ]
    assert stop(recording_ci, clock, cluster_name="ml", uninstall_libraries="true") == 0
    assert [path for path, _ in workspace.calls] == ["libraries/uninstall", "clusters/delete"]
    assert workspace.asked("libraries/uninstall")[0]["libraries"] == [LIBRARY]
    assert "uninstalled 1 libraries" in recording_ci.text


def test_without_libraries_nothing_is_uninstalled(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    workspace.add("ml")
    assert stop(recording_ci, clock, cluster_name="ml", uninstall_libraries="true") == 0
    assert "it has no libraries to uninstall" in recording_ci.text


@pytest.mark.parametrize("how", [{"cluster_name": "m"}, {"cluster_id": "0000-000000-nothing"}])
def test_a_missing_one_fails_unless_that_is_fine(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock, how: dict[str, str]
) -> None:
    workspace.add("ml")
    assert stop(recording_ci, clock, **how) == 14
    assert stop(recording_ci, clock, **how, missing="ok") == 0
    assert recording_ci.outputs["action"] == "left-alone"
    assert workspace.calls == []


def test_naming_none_is_fine_only_with_missing_ok(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    assert stop(recording_ci, clock) == 2
    assert stop(recording_ci, clock, missing="ok", cluster_id="") == 0
    assert workspace.reads == []


def test_two_of_one_name_stop_nothing(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    workspace.add("ml")
    workspace.add("ml")
    assert stop(recording_ci, clock, cluster_name="ml", missing="ok") == 16
    assert workspace.calls == []


def test_the_suffix_counts(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    others = workspace.add("ml")
    ours = workspace.add("ml-7")
    assert stop(recording_ci, clock, cluster_name="ml", name_suffix="7") == 0
    assert workspace.clusters[others]["state"] == "RUNNING"
    assert workspace.clusters[ours]["state"] == "TERMINATED"


def test_a_dry_run_writes_nothing(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": LIBRARY, "status": "INSTALLED"}]
    given = {"cluster_name": "ml", "permanent": "true", "uninstall_libraries": "true"}
    assert stop(recording_ci, clock, **given, dry_run="true") == 0
    for part in ("would uninstall 1", "would terminate it", "would delete it for ever"):
        assert part in recording_ci.text
    assert workspace.calls == []
