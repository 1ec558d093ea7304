from __future__ import annotations

import json
from typing import Any

import pytest

from databricks_service import Workspace
from fake_drivers import Stage


def force(workspace: Workspace, **wish: Any) -> Any:
    return workspace.raw(
        "POST", "/modelyard/databricks/next-run", host="127.0.0.1:8123", json=wish, token=None
    )


def submit(workspace: Workspace) -> int:
    task = {"task_key": "t", "notebook_task": {"notebook_path": workspace.notebook()}}
    return int(workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"])


def test_the_next_run_ends_as_asked_for_and_the_one_after_does_not(
    workspace: Workspace, stage: Stage
) -> None:
    answer = force(
        workspace,
        life_cycle_state="INTERNAL_ERROR",
        result_state="FAILED",
        termination_code="CLUSTER_REQUEST_LIMIT_EXCEEDED",
        message="too many",
    )
    assert answer.status_code == 200
    run = workspace.run_ends(submit(workspace))
    assert run["state"]["life_cycle_state"] == "INTERNAL_ERROR"
    assert run["state"]["state_message"] == "too many"
    details = run["status"]["termination_details"]
    assert details["code"] == "CLUSTER_REQUEST_LIMIT_EXCEEDED"
    assert run["tasks"][0]["state"]["result_state"] == "FAILED"
    assert stage.drivers == []
    assert workspace.run_ends(submit(workspace))["state"]["result_state"] == "SUCCESS"


def test_states_that_no_client_knows(workspace: Workspace) -> None:
    force(workspace, life_cycle_state="TERMINATED", result_state="HALF_DONE", times=2)
    for _ in range(2):
        run = workspace.run_ends(submit(workspace))
        assert run["state"]["result_state"] == "HALF_DONE"
        assert run["status"]["termination_details"]["code"] == "RUN_EXECUTION_ERROR"


def test_a_state_that_is_no_end_stays_until_it_is_cancelled(workspace: Workspace) -> None:
    force(workspace, life_cycle_state="BLOCKED")
    run_id = submit(workspace)
    workspace.run_reaches(run_id, "BLOCKED")
    workspace.post("jobs/runs/cancel", run_id=run_id)
    assert workspace.run_ends(run_id)["state"]["result_state"] == "CANCELED"


@pytest.mark.parametrize(
    "wish", [{"times": 0}, {"times": True}, {"result_state": 5}, {"message": []}]
)
def test_a_wish_that_makes_no_sense(workspace: Workspace, wish: dict[str, Any]) -> None:
    answer = force(workspace, **wish)
    assert answer.status_code == 400
    assert json.loads(answer.get_data())["error_code"] == "INVALID_PARAMETER_VALUE"


def test_web_pages_cannot_use_the_switch(workspace: Workspace) -> None:
    answer = workspace.raw(
        "POST",
        "/modelyard/databricks/next-run",
        host="127.0.0.1:8123",
        data='{"result_state": "FAILED"}',
        content_type="text/plain",
    )
    assert answer.status_code == 400


def test_the_switch_is_on_loopback_only(workspace: Workspace) -> None:
    answer = workspace.raw("POST", "/modelyard/databricks/next-run", json={})
    assert answer.status_code == 404
