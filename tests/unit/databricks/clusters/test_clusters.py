from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.clusters import cluster_stopping, cluster_waiting, clusters
from modelyard.errors import (
    Ambiguous,
    ClusterFailed,
    NotFound,
    ServiceError,
    ServiceUnavailable,
    UnknownState,
    Unreachable,
    WaitTimeout,
)
from modelyard.http import Session
from unit.cluster_workspace import HOST, ClusterWorkspace

SPEC: dict[str, Any] = {"cluster_name": "ml", "spark_version": "15.4", "num_workers": 1}
TOKEN = "f" * 64


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def test_a_name_is_found_exactly_and_on_every_page(
    workspace: ClusterWorkspace, session: Session
) -> None:
    for name in ("ML", "ml-2", "my-ml", "mlops", "ml"):
        workspace.add(name)
    found = clusters.find(session, "ml")
    assert found is not None
    assert found.name == "ml"
    assert clusters.find(session, "m") is None


def test_two_of_one_name_are_an_error_that_lists_both(
    workspace: ClusterWorkspace, session: Session
) -> None:
    ids = [workspace.add("ml"), workspace.add("ml", "TERMINATED")]
    with pytest.raises(Ambiguous) as caught:
        clusters.find(session, "ml")
    assert f"{ids[0]} (RUNNING)" in caught.value.what
    assert f"{ids[1]} (TERMINATED)" in caught.value.what


def test_the_cluster_of_a_job_run_is_nobodys_to_find(
    workspace: ClusterWorkspace, session: Session
) -> None:
    workspace.add("ml", cluster_source="JOB")
    assert clusters.find(session, "ml") is None


def test_an_unknown_id_is_not_found(workspace: ClusterWorkspace, session: Session) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        clusters.get(session, "0000-000000-nothing")


def test_a_created_cluster_carries_its_mark(workspace: ClusterWorkspace, session: Session) -> None:
    spec = {**SPEC, "custom_tags": {"team": "ml"}}
    cluster_id = clusters.create(session, spec, TOKEN)
    assert workspace.clusters[cluster_id]["custom_tags"] == {
        "team": "ml",
        "modelyard-token": TOKEN,
    }


def test_a_lost_answer_makes_no_second_cluster(
    workspace: ClusterWorkspace, session: Session
) -> None:
    workspace.lose("clusters/create", "after")
    cluster_id = clusters.create(session, SPEC, TOKEN)
    assert list(workspace.clusters) == [cluster_id]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_nor_does_a_server_error_after_the_effect(
    workspace: ClusterWorkspace, session: Session, status: int
) -> None:
    workspace.answer_once("clusters/create", status, "after")
    cluster_id = clusters.create(session, SPEC, TOKEN)
    assert list(workspace.clusters) == [cluster_id]


@pytest.mark.parametrize("fault", ["lose", "503", "no id"])
def test_a_call_without_effect_is_repeated(
    workspace: ClusterWorkspace, session: Session, fault: str
) -> None:
    if fault == "lose":
        workspace.lose("clusters/create", "before")
    else:
        workspace.answer_once("clusters/create", 503 if fault == "503" else 200)
    cluster_id = clusters.create(session, SPEC, TOKEN)
    assert list(workspace.clusters) == [cluster_id]


def test_a_cluster_of_the_same_name_by_somebody_else_is_not_taken_for_it(
    workspace: ClusterWorkspace, session: Session
) -> None:
    foreign = workspace.add("ml", custom_tags={"modelyard-token": "e" * 64})
    workspace.lose("clusters/create", "after")
    cluster_id = clusters.create(session, SPEC, TOKEN)
    assert cluster_id != foreign
    assert len(workspace.clusters) == 2


def test_a_list_that_shows_it_late_makes_no_second_cluster(
    workspace: ClusterWorkspace, session: Session
) -> None:
    workspace.lose("clusters/create", "after")
    workspace.answer_once("clusters/list", 200)
    workspace.answer_once("clusters/list", 200)
    cluster_id = clusters.create(session, SPEC, TOKEN)
    assert list(workspace.clusters) == [cluster_id]


def test_it_gives_up_when_the_service_stays_away(
    workspace: ClusterWorkspace, session: Session
) -> None:
    for _ in range(3):
        workspace.lose("clusters/create", "before")
    with pytest.raises(Unreachable):
        clusters.create(session, SPEC, TOKEN)
    assert workspace.clusters == {}


def test_a_refusal_is_no_lost_answer(workspace: ClusterWorkspace, session: Session) -> None:
    workspace.answer_once(
        "clusters/create", 400, error_code="INVALID_PARAMETER_VALUE", message="no quota"
    )
    with pytest.raises(ServiceError, match="no quota"):
        clusters.create(session, SPEC, TOKEN)
    assert workspace.clusters == {}


def test_starting_one_that_somebody_started_before_is_fine(
    workspace: ClusterWorkspace, session: Session
) -> None:
    clusters.start(session, workspace.add("ml", "RUNNING"))
    workspace.answer_once("clusters/start", 403, error_code="PERMISSION_DENIED", message="no")
    with pytest.raises(ServiceError, match="PERMISSION_DENIED"):
        clusters.start(session, workspace.add("other", "TERMINATED"))


def test_deleting_for_ever_twice_is_fine(workspace: ClusterWorkspace, session: Session) -> None:
    cluster_id = workspace.add("ml", "TERMINATED")
    clusters.permanent_delete(session, cluster_id)
    clusters.permanent_delete(session, cluster_id)
    assert workspace.clusters == {}


def running(session: Session, cluster_id: str, **more: Any) -> clusters.Cluster:
    return cluster_waiting.until_running(session, cluster_id, timeout=600, **more)


@pytest.mark.parametrize("state", ["RUNNING", "RESIZING"])
def test_one_that_takes_work_is_not_started(
    workspace: ClusterWorkspace, session: Session, state: str
) -> None:
    assert running(session, workspace.add("ml", state)).state == state
    assert workspace.calls == []


@pytest.mark.parametrize("state", ["PENDING", "RESTARTING", "UNKNOWN"])
def test_one_on_its_way_is_waited_for(
    workspace: ClusterWorkspace, session: Session, state: str
) -> None:
    cluster_id = workspace.add("ml", state)
    workspace.coming[cluster_id] = [{}, {}, {"state": "RUNNING"}]
    assert running(session, cluster_id).state == "RUNNING"
    assert workspace.calls == []


def test_one_that_terminates_is_waited_for_and_then_started(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "TERMINATING")
    workspace.coming[cluster_id] = [{}, {"state": "TERMINATED"}]
    assert running(session, cluster_id).state == "RUNNING"
    assert [path for path, _ in workspace.calls] == ["clusters/start"]


def test_a_terminated_one_is_started_once(workspace: ClusterWorkspace, session: Session) -> None:
    cluster_id = workspace.add("ml", "TERMINATED")
    seen: list[str] = []
    found = running(session, cluster_id, starting=lambda one: seen.append(one.state))
    assert found.state == "RUNNING"
    assert seen == ["TERMINATED"]
    assert len(workspace.asked("clusters/start")) == 1


def test_a_start_that_fails_tells_the_reason_with_its_parameters(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED")
    reason = {
        "code": "AZURE_QUOTA_EXCEEDED_EXCEPTION",
        "type": "CLIENT_ERROR",
        "parameters": {"azure_error_message": "cores of DSv2"},
    }
    workspace.on_start = [
        {"state": "PENDING"},
        {"state": "TERMINATING", "termination_reason": reason},
        {"state": "TERMINATED"},
    ]
    with pytest.raises(ClusterFailed) as caught:
        running(session, cluster_id)
    assert "AZURE_QUOTA_EXCEEDED_EXCEPTION (CLIENT_ERROR)" in caught.value.what
    assert "azure_error_message=cores of DSv2" in caught.value.what
    assert "quota" in caught.value.fix
    assert len(workspace.asked("clusters/start")) == 1


def test_a_start_by_somebody_else_that_fails_is_not_tried_again(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "PENDING")
    reason = {"code": "INIT_SCRIPT_FAILURE", "type": "CLIENT_ERROR"}
    workspace.coming[cluster_id] = [{}, {"state": "TERMINATED", "termination_reason": reason}]
    with pytest.raises(ClusterFailed, match="INIT_SCRIPT_FAILURE"):
        running(session, cluster_id)
    assert workspace.calls == []


def test_a_new_cluster_that_terminates_is_not_started_again(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED", state_message="out of nodes")
    with pytest.raises(ClusterFailed, match="out of nodes"):
        running(session, cluster_id, created=True)
    assert workspace.calls == []


def test_a_new_cluster_may_be_unknown_for_a_moment(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    for _ in range(2):
        workspace.answer_once(
            "clusters/get", 400, error_code="INVALID_PARAMETER_VALUE", message="does not exist"
        )
    assert running(session, cluster_id, created=True).state == "RUNNING"
    with pytest.raises(NotFound):
        running(session, "0000-000000-never", created=True)


def test_a_broken_cluster_fails(workspace: ClusterWorkspace, session: Session) -> None:
    with pytest.raises(ClusterFailed, match="is ERROR"):
        running(session, workspace.add("ml", "ERROR"))


def test_a_state_nobody_knows_fails_with_its_raw_value(
    workspace: ClusterWorkspace, session: Session
) -> None:
    with pytest.raises(UnknownState, match="HIBERNATING"):
        running(session, workspace.add("ml", "HIBERNATING"))


def test_a_stale_read_after_the_start_is_not_taken_for_a_failure(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED", terminated_time=5)
    stale = {"state": "TERMINATED", "terminated_time": 5, "start_time": None}
    fresh = {"state": "PENDING", "start_time": 1}
    workspace.on_start = [stale, stale, fresh, {"state": "RUNNING"}]
    assert running(session, cluster_id).state == "RUNNING"
    assert len(workspace.asked("clusters/start")) == 1


def test_a_stale_read_after_an_edit_is_not_taken_for_ready(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    before = clusters.get(session, cluster_id)
    workspace.coming[cluster_id] = [{}, {"state": "RESTARTING"}, {"state": "RUNNING"}]
    running(session, cluster_id, edited=before)
    assert workspace.coming[cluster_id] == []


def test_a_restart_between_two_reads_is_noticed(
    workspace: ClusterWorkspace, session: Session, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml", "RUNNING", last_restarted_time=1)
    before = clusters.get(session, cluster_id)
    workspace.coming[cluster_id] = [{"last_restarted_time": 2}]
    running(session, cluster_id, edited=before)
    assert clock.slept == []


def test_an_edit_that_needs_no_restart_does_not_wait_for_ever(
    workspace: ClusterWorkspace, session: Session, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    running(session, cluster_id, edited=clusters.get(session, cluster_id))
    assert sum(clock.slept) < 40


def test_waiting_ends_with_the_state_it_is_in(
    workspace: ClusterWorkspace, session: Session
) -> None:
    with pytest.raises(WaitTimeout, match=r"still PENDING after 10 m 00 s"):
        running(session, workspace.add("ml", "PENDING"))


def test_termination_is_waited_for(workspace: ClusterWorkspace, session: Session) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    cluster = clusters.get(session, cluster_id)
    stopped = cluster_stopping.stop(session, cluster, permanent=False, timeout=600)
    assert (stopped.action, stopped.state) == ("terminated", "TERMINATED")
    assert workspace.clusters[cluster_id]["state"] == "TERMINATED"


def test_release_is_safe_for_what_is_gone_and_when_called_twice(
    workspace: ClusterWorkspace, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    state = {"cluster_id": cluster_id, "cluster_name": "ml", "release": "permanent-delete"}
    caplog.set_level("INFO")
    cluster_stopping.release(session, state)
    assert workspace.clusters == {}
    cluster_stopping.release(session, state)
    assert "there is none to release" in caplog.text


def test_release_does_not_wait_for_long(
    workspace: ClusterWorkspace,
    session: Session,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster_id = workspace.add("ml", "TERMINATING")
    caplog.set_level("INFO")
    cluster_stopping.release(session, {"cluster_id": cluster_id, "release": "terminate"})
    assert sum(clock.slept) <= 31
    assert "the service goes on terminating it" in caplog.text


def test_a_service_that_is_away_while_it_is_looked_for_is_told(
    workspace: ClusterWorkspace, session: Session
) -> None:
    workspace.lose("clusters/create", "after")
    for _ in range(7):
        workspace.answer_once("clusters/list", 503)
    with pytest.raises(ServiceUnavailable, match="clusters/list"):
        clusters.create(session, SPEC, TOKEN)
