from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace, until
from fake_drivers import Stage
from modelyard.clock import FakeClock


def states(workspace: Workspace, cluster_id: str) -> list[str]:
    events = workspace.post("clusters/events", cluster_id=cluster_id, order="ASC")["events"]
    return [event["type"] for event in events]


def test_a_cluster_is_pending_until_its_driver_really_runs(
    workspace: Workspace, stage: Stage
) -> None:
    stage.may_start.clear()
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "PENDING"
    assert "driver" not in workspace.get("clusters/get", cluster_id=cluster_id)
    stage.may_start.set()
    found = workspace.cluster_reaches(cluster_id, "RUNNING")
    assert found["driver"]["private_ip"] == "127.0.0.1"
    assert len(found["executors"]) == 1
    assert "termination_reason" not in found
    assert states(workspace, cluster_id) == ["CREATING", "RUNNING", "DRIVER_HEALTHY"]


def test_a_driver_that_does_not_start_terminates_the_cluster_with_the_reason(
    workspace: Workspace, stage: Stage
) -> None:
    stage.start_failure = "no such interpreter"
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert found["termination_reason"]["code"] == "SPARK_STARTUP_FAILURE"
    assert found["termination_reason"]["type"] == "SERVICE_FAULT"
    assert "no such interpreter" in found["state_message"]


def test_a_full_disk_terminates_the_cluster_with_the_reason(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace.model.lifecycle.drivers, "launch", launch)
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert "No space left on device" in found["state_message"]


def test_stop_and_start_again(workspace: Workspace, stage: Stage, clock: FakeClock) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/delete", cluster_id=cluster_id)
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert found["termination_reason"] == {
        "code": "USER_REQUEST",
        "type": "SUCCESS",
        "parameters": {"username": found["creator_user_name"]},
    }
    assert stage.drivers[0].stopped
    clock.advance(60)
    workspace.post("clusters/start", cluster_id=cluster_id)
    again = workspace.cluster_reaches(cluster_id, "RUNNING")
    assert "termination_reason" not in again
    assert again["start_time"] == found["start_time"] + 60_000
    assert len(stage.drivers) == 2
    assert not stage.drivers[1].stopped


def test_stopping_a_terminated_cluster_changes_nothing(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/delete", cluster_id=cluster_id)
    before = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert workspace.post("clusters/delete", cluster_id=cluster_id) == {}
    assert workspace.get("clusters/get", cluster_id=cluster_id) == before


@pytest.mark.parametrize("verb", ["start", "restart"])
def test_a_transition_from_the_wrong_state_is_refused(workspace: Workspace, verb: str) -> None:
    cluster_id = workspace.cluster()
    if verb == "restart":
        workspace.post("clusters/delete", cluster_id=cluster_id)
        workspace.cluster_reaches(cluster_id, "TERMINATED")
    with pytest.raises(ApiFailure) as failure:
        workspace.post(f"clusters/{verb}", cluster_id=cluster_id)
    assert failure.value.code == "INVALID_STATE"
    assert f"Cluster {cluster_id} is in unexpected state" in failure.value.message


def test_termination_while_the_driver_starts(workspace: Workspace, stage: Stage) -> None:
    stage.may_start.clear()
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    until(lambda: stage.drivers, "the launch of the driver")
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    stage.may_start.set()
    until(lambda: stage.drivers[0].stopped, "the end of the late driver")
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "TERMINATED"


def test_a_driver_of_an_earlier_start_is_not_taken_for_that_of_the_last(
    workspace: Workspace, stage: Stage
) -> None:
    stage.may_start.clear()
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    until(lambda: stage.drivers, "the launch of the driver")
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    workspace.post("clusters/start", cluster_id=cluster_id)
    until(lambda: len(stage.drivers) == 2, "the launch of another driver")
    stage.may_start.set()
    workspace.cluster_reaches(cluster_id, "RUNNING")
    until(lambda: stage.drivers[0].stopped, "the end of the late driver")
    assert not stage.drivers[1].stopped


def test_restart_is_a_new_driver(workspace: Workspace, stage: Stage) -> None:
    cluster_id = workspace.cluster()
    stage.may_start.clear()
    workspace.post("clusters/restart", cluster_id=cluster_id)
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RESTARTING"
    stage.may_start.set()
    workspace.cluster_reaches(cluster_id, "RUNNING")
    assert [driver.stopped for driver in stage.drivers] == [True, False]


def test_resizing_is_seen_once(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/resize", cluster_id=cluster_id, num_workers=3)
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RESIZING"
    found = workspace.get("clusters/get", cluster_id=cluster_id)
    assert (found["state"], found["num_workers"], len(found["executors"])) == ("RUNNING", 3, 3)


def test_a_killed_driver_terminates_its_cluster(workspace: Workspace, stage: Stage) -> None:
    cluster_id = workspace.cluster()
    stage.drivers[0].die(-9)
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert found["termination_reason"]["code"] == "DRIVER_UNREACHABLE"
    assert "signal 9" in found["termination_reason"]["parameters"]["databricks_error_message"]
    assert "DRIVER_UNAVAILABLE" in states(workspace, cluster_id)


def test_an_idle_cluster_is_terminated_after_its_minutes(
    workspace: Workspace, clock: FakeClock
) -> None:
    cluster_id = workspace.cluster(autotermination_minutes=15)
    clock.advance(15 * 60 - 1)
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RUNNING"
    clock.advance(1)
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert found["termination_reason"] == {
        "code": "INACTIVITY",
        "type": "SUCCESS",
        "parameters": {"inactivity_duration_min": "15"},
    }


def test_nobody_has_to_look_for_a_cluster_to_be_terminated(
    workspace: Workspace, clock: FakeClock
) -> None:
    cluster_id = workspace.cluster(autotermination_minutes=10)
    clock.advance(600)
    workspace.model.lifecycle.tick()
    record = workspace.model.clusters.records.get(cluster_id)
    assert record["state"] in ("TERMINATING", "TERMINATED")


def test_a_working_cluster_is_not_idle(
    workspace: Workspace, clock: FakeClock, stage: Stage
) -> None:
    stage.play = lambda _: None
    cluster_id = workspace.cluster(autotermination_minutes=10)
    run_id = workspace.post(
        "jobs/runs/submit",
        existing_cluster_id=cluster_id,
        notebook_task={"notebook_path": workspace.notebook()},
    )["run_id"]
    until(lambda: stage.running, "the run on the driver")
    clock.advance(3600)
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RUNNING"
    workspace.post("jobs/runs/cancel", run_id=run_id)
    workspace.run_ends(run_id)
    # The ten minutes begin when the run has ended.
    assert workspace.get("clusters/get", cluster_id=cluster_id)["state"] == "RUNNING"
    clock.advance(600)
    workspace.cluster_reaches(cluster_id, "TERMINATED")


def test_a_permanently_deleted_cluster_is_gone(workspace: Workspace, stage: Stage) -> None:
    cluster_id = workspace.cluster()
    workspace.post("clusters/permanent-delete", cluster_id=cluster_id)
    with pytest.raises(ApiFailure, match=f"Cluster {cluster_id} does not exist"):
        workspace.get("clusters/get", cluster_id=cluster_id)
    assert workspace.get("clusters/list") == {}
    until(lambda: stage.drivers[0].stopped, "the end of the driver")


def test_after_a_restart_of_the_cloud_running_clusters_are_terminated_with_a_reason(
    workspace: Workspace, tmp_path: Path, clock: FakeClock
) -> None:
    cluster_id = workspace.cluster()
    # As after kill -9 of the cloud: nothing was tidied up.
    later = Workspace(tmp_path / "state", clock, Stage())
    found = later.get("clusters/get", cluster_id=cluster_id)
    assert found["state"] == "TERMINATED"
    assert found["termination_reason"]["code"] == "CLOUD_PROVIDER_SHUTDOWN"
    later.stop()


def test_stopping_the_cloud_ends_the_drivers(tmp_path: Path, clock: FakeClock) -> None:
    stage = Stage()
    workspace = Workspace(tmp_path / "state", clock, stage)
    cluster_id = workspace.cluster()
    workspace.stop()
    assert stage.drivers[0].stopped
    later = Workspace(tmp_path / "state", clock, stage)
    assert later.get("clusters/get", cluster_id=cluster_id)["state"] == "TERMINATED"
    later.stop()
