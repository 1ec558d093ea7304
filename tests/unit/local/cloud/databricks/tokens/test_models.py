from __future__ import annotations

import pytest

from databricks_service import ApiFailure, Workspace, until
from fake_drivers import Stage
from modelyard.clock import FakeClock


def test_a_token_works_until_it_is_revoked(workspace: Workspace) -> None:
    made = workspace.post("token/create", comment="for a compute", lifetime_seconds=3600)
    info = made["token_info"]
    assert info["comment"] == "for a compute"
    assert info["expiry_time"] == info["creation_time"] + 3_600_000
    assert workspace.raw("GET", "/api/2.0/token/list", token=made["token_value"]).status_code == 200
    listed = workspace.get("token/list")["token_infos"]
    assert info in listed
    assert made["token_value"] not in str(listed)
    workspace.post("token/delete", token_id=info["token_id"])
    assert workspace.raw("GET", "/api/2.0/token/list", token=made["token_value"]).status_code == 403
    with pytest.raises(ApiFailure) as failure:
        workspace.post("token/delete", token_id=info["token_id"])
    assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_without_a_lifetime_a_token_does_not_expire(workspace: Workspace, clock: FakeClock) -> None:
    made = workspace.post("token/create")
    assert made["token_info"]["expiry_time"] == -1
    clock.advance(10 * 365 * 86400)
    assert workspace.raw("GET", "/api/2.0/token/list", token=made["token_value"]).status_code == 200


def test_a_lifetime_must_be_positive(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure, match="lifetime_seconds"):
        workspace.post("token/create", lifetime_seconds=-1)


def test_the_token_of_a_run_is_not_listed_and_ends_with_it(
    workspace: Workspace, stage: Stage
) -> None:
    stage.play = lambda _: None
    cluster_id = workspace.cluster()
    before = workspace.get("token/list")
    run_id = workspace.post(
        "jobs/runs/submit",
        existing_cluster_id=cluster_id,
        notebook_task={"notebook_path": workspace.notebook()},
    )["run_id"]
    run = until(lambda: stage.running, "the run")[0]
    token = run.request.environment["DATABRICKS_TOKEN"]
    assert workspace.raw("GET", "/api/2.0/clusters/list", token=token).status_code == 200
    assert workspace.get("token/list") == before
    workspace.post("jobs/runs/cancel", run_id=run_id)
    workspace.run_ends(run_id)
    assert workspace.raw("GET", "/api/2.0/clusters/list", token=token).status_code == 403
