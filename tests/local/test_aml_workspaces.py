"""Workspaces of Azure ML: created by the real SDK and by aml-workspace, seen by both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING, PATH, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")


@pytest.fixture
def place(cloud: LocalCloud, tmp_path: Path) -> Iterator[Workplace]:
    """An empty cloud."""
    yield Workplace(cloud, program_environment(cloud.environment), tmp_path)
    cloud.reset()


def test_the_sdk_creates_gets_and_lists_workspaces(place: Workplace) -> None:
    done = place.sdk("""
        made = ml.workspaces.begin_create(
            Workspace(name="wine", location="westeurope", tags={"team": "wine"})
        ).result()
        tell(id=made.id, storage=made.storage_account, tracking=made.mlflow_tracking_uri)
        tell(tags=ml.workspaces.get("wine").tags, names=[one.name for one in ml.workspaces.list()])
        try:
            ml.workspaces.get("other")
        except Exception as error:
            tell(kind=type(error).__name__, text=str(error))
        ml.workspaces.begin_update(Workspace(name="wine", description="of wine")).result()
        tell(description=ml.workspaces.get("wine").description)
        ml.workspaces.begin_delete("wine", delete_dependent_resources=False).result()
        tell(left=[one.name for one in ml.workspaces.list()])
    """)
    assert done.told["id"] == PATH
    assert "/Microsoft.Storage/storageAccounts/" in done.told["storage"]
    assert done.told["tracking"] == f"azureml://westeurope.api.azureml.ms/mlflow/v1.0{PATH}"
    assert done.told["tags"]["team"] == "wine"
    assert done.told["names"] == ["wine"]
    assert done.told["kind"] == "ResourceNotFoundError"
    assert "workspaces/other" in done.told["text"]
    assert done.told["description"] == "of wine"
    assert done.told["left"] == []


def test_an_operation_creates_what_the_sdk_finds(place: Workplace) -> None:
    made = place.run(
        "aml-workspace",
        workspace_name="wine",
        resource_group="modelyard-local",
        tags="team: wine",
    )
    assert made.code == 0, made.log
    assert made.outputs["action"] == "created"
    assert made.outputs["workspace-id"] == PATH
    again = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert again.outputs["action"] == "left-alone"
    assert "left alone" in again.log
    told = place.sdk("""
        found = ml.workspaces.get("wine")
        tell(tags=found.tags, tracking=found.mlflow_tracking_uri)
        tell(store=ml.datastores.get_default().account_name)
    """).told
    assert told["tags"] == {"team": "wine"}
    assert told["tracking"] == made.outputs["mlflow-tracking-uri"]
    assert told["store"].startswith("winesa")


def test_the_group_has_the_workspaces_name_and_comes_with_it(place: Workplace) -> None:
    dry = place.run("aml-workspace", workspace_name="vino", location="westeurope", dry_run="true")
    assert dry.code == 0, dry.log
    assert "would be created" in dry.log
    assert place.run("aml-workspace", workspace_name="vino", create="false").code == 14
    made = place.run("aml-workspace", workspace_name="vino", location="westeurope")
    assert made.code == 0, made.log
    assert made.outputs["resource-group"] == "vino"
    assert "/resourceGroups/vino/" in made.outputs["workspace-id"]
    assert place.run("aml-workspace", workspace_name="vino", exist_ok="false").code == 15


def test_what_is_missing_or_wrong_is_one_clear_error(place: Workplace) -> None:
    nowhere = place.run("aml-workspace", workspace_name="vino")
    assert nowhere.code == 2
    assert "set location" in nowhere.log
    wrong = place.run("aml-workspace", workspace_name="not a name", location="westeurope")
    assert wrong.code == 2
    unknown = place.run("aml-workspace", workspace_name="wine", azure_client_id="nobody")
    assert unknown.code == 10
    for one in (nowhere, wrong, unknown):
        assert "Traceback" not in one.log


def test_a_deployment_that_fails_shows_the_cause_alone(place: Workplace) -> None:
    cause = "Creating the storage account is disallowed by policy 'no-storage'."
    detail = {"code": "RequestDisallowedByPolicy", "message": cause}
    body = {
        "status": "Failed",
        "error": {
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed.",
            "details": [{"code": "Forbidden", "message": json.dumps({"error": detail})}],
        },
    }
    place.fault(action="status", path="*/operationStatuses/*", status=200, body=body)
    done = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert done.code == 17, done.log
    assert cause in done.log
    assert "Traceback" not in done.log
    assert '"error"' not in done.log


def test_a_poll_that_is_refused_is_repeated(place: Workplace) -> None:
    slow = {"Retry-After": "0"}
    place.fault(action="status", path="*/operationStatuses/*", status=429, headers=slow)
    place.fault(action="status", path="*/operationStatuses/*", status=503, headers=slow)
    place.fault(action="reset", path="*/operationStatuses/*")
    done = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert done.code == 0, done.log
    assert done.outputs["action"] == "created"
