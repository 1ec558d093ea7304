"""Workspaces of Azure ML: created by the real SDK and by aml-workspace, seen by both."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING, PATH, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "databricks")
GUID = "11111111-2222-3333-4444-555555555555"
OTHER = {"type": "file-share", "account": "winelake", "container": "share"}
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
    same = place.run("aml-workspace", workspace_name="vino", location="West Europe")
    assert (same.code, "stays there" in same.log) == (0, False), same.log
    other = place.run("aml-workspace", workspace_name="vino", location="northeurope")
    told = "the workspace vino is in westeurope, not in northeurope, and stays there"
    assert (other.code, told in other.log) == (0, True), other.log


def test_a_workspace_of_a_sovereign_cloud(place: Workplace) -> None:
    """The addresses that its Resource Manager gives are its own: others get no token."""
    wanted = {"workspace_name": "wine", "azure_cloud": "usgovernment", "location": "usgovvirginia"}
    made = place.run("aml-workspace", **wanted)
    assert made.code == 0, made.log
    assert made.outputs["action"] == "created"
    assert place.run("aml-workspace", **wanted).outputs["action"] == "left-alone"


def test_a_workspace_that_is_not_allowed_is_neither_made_nor_changed(place: Workplace) -> None:
    wanted = {"workspace_name": "wine", "resource_group": "modelyard-local"}
    for allowed in ("vino", PATH + "2", "https://adb-1.2.azuredatabricks.net"):
        refused = place.run("aml-workspace", **wanted, allowed_workspaces=allowed)
        assert refused.code == 23, refused.log
        assert f"{PATH} isn't among the allowed workspaces: {allowed}" in refused.log
    place.environment["MODELYARD_ALLOWED_WORKSPACES"] = json.dumps(["vino", PATH.lower()])
    made = place.run("aml-workspace", **wanted)
    assert made.code == 0, made.log
    assert made.outputs["action"] == "created"
    model = place.folder / "weights"
    model.write_text("1")
    for group, code in (("modelyard-local", 0), ("other", 23)):
        wanted["resource_group"] = group
        done = place.run("model-register", **wanted, name="wine", model=str(model))
        assert done.code == code, done.log


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


def test_datastores_are_made_once_and_the_sdk_sees_them(place: Workplace) -> None:
    where = {"workspace_name": "wine", "resource_group": "modelyard-local"}
    assert place.run("aml-workspace", **where).code == 0
    place.environment["DAYS_KEY"] = "a2V5LW9mLXRoZS1kYXlz"
    place.environment["LAKE_SECRET"] = "secret-of-the-lake"
    ids = {"tenant-id": place.environment["AZURE_TENANT_ID"], "client-id": GUID}
    days = {"type": "blob", "account": "wineweather", "container": "days"}
    stores = {
        "days": {**days, "account-key": "DAYS_KEY", "default": True},
        "lake": {
            "type": "adls-gen2",
            "account": "winelake",
            "container": "raw",
            **ids,
            "client-secret": "LAKE_SECRET",
        },
        "files": {"type": "file-share", "account": "winelake", "container": "share"}
        | {"account-key": "DAYS_KEY"},
        "open": days,
    }
    (place.folder / "datastores.yml").write_text(json.dumps(stores))
    made = place.run("aml-datastore", **where, datastores="datastores.yml")
    assert made.code == 0, made.log
    assert json.loads(made.outputs["created"]) == ["days", "lake", "files", "open"]
    again = place.run("aml-datastore", **where, datastores="datastores.yml")
    assert json.loads(again.outputs["left-alone"]) == ["days", "lake", "files", "open"]
    assert again.outputs["default-changed"] == "false"
    place.environment["DAYS_KEY"] = "YW5vdGhlciBrZXk="
    other = place.run("aml-datastore", **where, datastores="datastores.yml")
    assert json.loads(other.outputs["updated"]) == ["days", "files"], other.log
    assert "YW5vdGhlciBrZXk" not in other.log
    told = place.sdk("""
        found = ml.datastores.get("lake")
        tell(lake=[type(found).__name__, found.account_name, found.filesystem])
        tell(tenant=found.credentials.tenant_id, client=found.credentials.client_id)
        secret = ml.datastores.get("lake", include_secrets=True).credentials.client_secret
        key = ml.datastores.get("days", include_secrets=True).credentials.account_key
        tell(secrets=[secret, key], default=ml.datastores.get_default().name)
        tell(open=ml.datastores.get("open").credentials.type)
        tell(files=ml.datastores.get("files").file_share_name)
        ml.datastores.create_or_update(
            AzureBlobDatastore(name="own", account_name="wineweather", container_name="days")
        )
        ml.datastores.delete("files")
        tell(names=sorted(one.name for one in ml.datastores.list()))
    """).told
    assert told["lake"] == ["AzureDataLakeGen2Datastore", "winelake", "raw"]
    assert [told["tenant"], told["client"]] == [ids["tenant-id"], GUID]
    assert told["secrets"] == ["secret-of-the-lake", "YW5vdGhlciBrZXk="]
    assert told["default"] == "days"
    assert told["open"] == "None"
    assert told["files"] == "share"
    own = ["workspaceartifactstore", "workspaceblobstore"]
    assert told["names"] == ["days", "lake", "open", "own", *own]
    taken = place.run("aml-datastore", **where, datastores=json.dumps({"own": OTHER}))
    assert taken.code == 15
    assert "AzureBlob, not AzureFile" in taken.log


def test_a_poll_that_is_refused_is_repeated(place: Workplace) -> None:
    slow = {"Retry-After": "0"}
    place.fault(action="status", path="*/operationStatuses/*", status=429, headers=slow)
    place.fault(action="status", path="*/operationStatuses/*", status=503, headers=slow)
    place.fault(action="reset", path="*/operationStatuses/*")
    done = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert done.code == 0, done.log
    assert done.outputs["action"] == "created"


def test_a_cluster_that_is_there_keeps_all_that_is_not_asked_for(place: Workplace) -> None:
    """A PUT would take its tags and its identity, and give it the defaults of a new one."""
    place.sdk("""
        ml.workspaces.begin_create(Workspace(name="wine", location="westeurope")).result()
        ml.compute.begin_create_or_update(AmlCompute(
            name="cpu", size="STANDARD_DS3_V2", tier="low_priority", min_instances=2,
            max_instances=9, tags={"team": "wine"},
            identity=IdentityConfiguration(type="system_assigned"),
        )).result()
    """)
    cluster = {
        "workspace_name": "wine",
        "resource_group": "modelyard-local",
        "compute_name": "cpu",
        "compute_type": "amlcompute",
    }
    named = place.run("aml-compute", **cluster)
    assert (named.code, "compute cpu: left-alone" in named.log) == (0, True), named.log
    wider = place.run("aml-compute", **cluster, max_nodes="12", idle_seconds="120")
    assert (wider.code, "updated (scaleSettings.maxNodeCount 9 -> 12)" in wider.log) == (0, True)

    there = place.sdk("""
        found = ml.compute.get("cpu")
        tell(least=found.min_instances, most=found.max_instances, tier=found.tier)
        tell(tags=found.tags, identity=found.identity.type, idle=found.idle_time_before_scale_down)
    """).told
    assert (there["least"], there["most"], there["tier"]) == (2, 12, "low_priority")
    assert there["tags"]["team"] == "wine"
    assert there["identity"] == "system_assigned"
    assert there["idle"] == 120


def test_jobs_side_by_side_work_with_one_attached_workspace(place: Workplace) -> None:
    made = place.run("aml-workspace", workspace_name="wine", resource_group=RESOURCE_GROUP)
    assert made.code == 0, made.log
    compute = {
        "workspace_name": "wine",
        "resource_group": RESOURCE_GROUP,
        "compute_name": "bricks",
        "compute_type": "databricks",
        "attach": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers"
        "/Microsoft.Databricks/workspaces/modelyard-local",
    }
    one, other = (dataclasses.replace(place, folder=place.folder / name) for name in "ab")
    for job in (one, other):
        job.folder.mkdir()
    assert one.run("aml-compute", **compute).outputs["action"] == "attached"
    theirs = other.run("aml-compute", **compute)
    assert "updated (its access token is another job's, which revokes it)" in theirs.log
    again = other.run("aml-compute", **compute)
    assert again.outputs["action"] == "left-alone", again.log

    handed = _released(other, compute)
    assert "the compute bricks has a new access token: another job is at work" in handed
    again = one.run("aml-compute", **compute)
    assert again.outputs["action"] == "left-alone", again.log
    last = _released(one, compute)
    assert last.count(": revoked") == 2
    last_look = one.run("aml-compute", **compute, dry_run="true")
    assert "would be updated (its access token isn't taken)" in last_look.log


def _released(place: Workplace, inputs: dict[str, str]) -> str:
    command = place.command("aml-compute", **inputs)
    done = subprocess.run(
        [*command[:3], "release", *command[3:]],
        cwd=place.folder,
        env=place.own_environment("aml-compute"),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
