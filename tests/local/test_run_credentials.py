"""A credential that expires while a run is waited for: the command line against a local cloud whose
clock is set forward."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.run_workplace import TRAIN, Workplace, until
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")
NOTEBOOK = "/Shared/wine/train"


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    """pip of the clusters, which are children of this process, asks no package index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.delenv("PIP_FIND_LINKS", raising=False)
        yield


@pytest.fixture(scope="module")
def cluster(
    cloud: LocalCloud, cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    place = Workplace(cloud, cloud_environment, tmp_path_factory.mktemp("cluster"))
    place.add_notebook(NOTEBOOK, TRAIN)
    try:
        return place.add_cluster()
    finally:
        place.close()


@pytest.fixture
def place(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Iterator[Workplace]:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    made = Workplace(cloud, environment, tmp_path)
    made.forget()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "train.py").write_text(TRAIN)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    """Of a job that no other test uses."""
    return f"j{secrets.token_hex(4)}"


@pytest.fixture
def inputs(name: str, cluster: str, tmp_path: Path) -> dict[str, Any]:
    """Of job-run, for a job of its own."""
    declared = f"alpha=0.5\nmode=train\ngate={tmp_path / 'gate'}"
    return {
        "job": name, "notebook": NOTEBOOK, "cluster_id": cluster, "base_parameters": declared,
    }  # fmt: skip


def test_a_token_that_expires_while_it_waits_is_minted_anew(
    place: Workplace, name: str, inputs: dict[str, Any], tmp_path: Path
) -> None:
    del place.environment["DATABRICKS_TOKEN"]
    principal = {"applicationId": place.environment["AZURE_CLIENT_ID"], "displayName": "pipeline"}
    scim = f"{place.cloud.url}/api/2.0/preview/scim/v2/ServicePrincipals"
    assert place.http.post(scim, json=principal, timeout=30).status_code == 201
    process = place.start("job-run", **inputs, parameters="mode=wait")
    place.until_states(process, name, "RUNNING")
    looks = len(place.calls("runs/get"))
    place.own("POST", "clock", {"advance_seconds": 7200})
    until(lambda: len(place.calls("runs/get")) > looks + 1, "it looks again")
    (tmp_path / "gate").touch()
    done = place.end(process, "job-run")
    assert done.code == 0, done.text
    assert any(one["status"] == 401 for one in place.calls("runs/get"))


def test_a_personal_token_that_expires_is_told(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    token = place.post("token/create", lifetime_seconds=1800, comment="short")["token_value"]
    place.environment["DATABRICKS_TOKEN"] = token
    process = place.start("job-run", **inputs, parameters="mode=wait")
    place.until_states(process, name, "RUNNING")
    place.own("POST", "clock", {"advance_seconds": 3600})
    done = place.end(process, "job-run")
    assert done.code == 10, done.text
    run_id = done.outputs["run-id"]
    assert f"run {run_id}" in done.text
    assert "couldn't be cancelled" in done.text, "it says what it could not do"
    assert done.outputs["error"]
    place.post("jobs/runs/cancel", run_id=int(run_id))
    until(lambda: place.states(name) == ["CANCELED"], "the test has cleaned up")
