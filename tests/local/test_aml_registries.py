"""Registries of Azure ML: found by their name by the real SDK, which keeps models in them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "mlflow", "databricks")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
MAKE = """
    from azure.ai.ml.entities import Registry, RegistryRegionDetails
    made = ml.registries.begin_create(Registry(
        name="shared-models", location="westeurope",
        replication_locations=[RegistryRegionDetails(location="westeurope")],
    )).result()
"""
OPEN = 'registry = MLClient(credential, registry_name="shared-models", enable_telemetry=False)\n'


@pytest.fixture
def place(cloud: LocalCloud, tmp_path: Path) -> Iterator[Workplace]:
    """An empty cloud, and a folder with a model."""
    (tmp_path / "model/data").mkdir(parents=True)
    (tmp_path / "model/MLmodel").write_text("flavors: {}\n")
    (tmp_path / "model/data/weights.bin").write_bytes(b"\x00\x01" * 500)
    yield Workplace(cloud, program_environment(cloud.environment), tmp_path)
    cloud.reset()


def sdk(place: Workplace, script: str, *, ok: bool = True) -> dict[str, object]:
    done = place.sdk(script, ok=ok)
    return {"code": done.code, "log": done.log, **done.told}


def test_a_registry_is_found_by_its_name_alone(place: Workplace) -> None:
    told = sdk(
        place,
        f"{MAKE}    {OPEN}"
        """
    tell(made=made.discovery_url, models=[one.name for one in registry.models.list()])
    tell(group=registry.resource_group_name, subscription=registry.subscription_id)
    tell(all=[one.name for one in ml.registries.list()])
    """,
    )
    assert told["models"] == []
    assert told["made"] == (
        "https://westeurope.api.azureml.ms/registrymanagement/v1.0/registries/shared-models/discovery"
    )
    assert (told["group"], told["all"]) == ("modelyard-local", ["shared-models"])
    assert told["subscription"] == place.environment["AZURE_SUBSCRIPTION_ID"]


def test_a_name_is_given_once(place: Workplace) -> None:
    other = {"resource_group": "other-group", "location": "westeurope"}
    made = place.run("aml-workspace", workspace_name="wine", **other)
    assert made.code == 0, made.log
    again = MAKE.replace("    made = ml.", "    made = other.")
    done = place.sdk(
        f"""{MAKE}
    other = MLClient(
        credential, os.environ["AZURE_SUBSCRIPTION_ID"], "other-group", enable_telemetry=False
    )
    {again}""",
        ok=False,
    )
    assert done.code != 0
    assert "The name shared-models is taken by the registry" in done.log


def test_an_unknown_registry_is_not_found(place: Workplace) -> None:
    told = sdk(
        place,
        f"""
    from azure.core.exceptions import ResourceNotFoundError
    try:
        {OPEN}
    except ResourceNotFoundError as error:
        tell(status=error.status_code, message=error.message)
    """,
    )
    assert told["status"] == 404
    assert "shared-models" in str(told["message"])


def test_a_model_of_a_registry_is_downloaded_as_it_was_registered(place: Workplace) -> None:
    told = sdk(
        place,
        f"{MAKE}    {OPEN}"
        """
    kept = registry.models.create_or_update(
        Model(name="wine", version="3", path="model", type="mlflow_model", tags={"team": "wine"})
    )
    tell(id=kept.id, path=kept.path)
    got = registry.models.get("wine", label="latest")
    tell(version=got.version, tags=got.tags)
    tell(all=[one.version for one in registry.models.list("wine")])
    registry.models.download("wine", "3", download_path="got")
    """,
    )
    assert told["id"] == "azureml://registries/shared-models/models/wine/versions/3"
    assert (told["version"], told["tags"], told["all"]) == ("3", {"team": "wine"}, ["3"])
    done = subprocess.run(
        ["diff", "-r", place.folder / "model", place.folder / "got/wine/model"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_job_of_a_workspace_reads_a_model_of_a_registry(place: Workplace) -> None:
    made = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert made.code == 0, made.log
    done = place.sdk(
        f"{MAKE}    {OPEN}"
        """
    from azure.ai.ml import Input, command
    ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="STANDARD_DS3_V2")).result()
    kept = registry.models.create_or_update(Model(name="wine", version="3", path="model"))
    job = ml.jobs.create_or_update(command(
        command="wc -c ${{inputs.model}}/data/weights.bin", compute="cpu",
        inputs={"model": Input(type="custom_model", path=kept.id)},
        environment=Environment(image="mcr.microsoft.com/azureml/any"),
    ))
    ml.jobs.stream(job.name)
    tell(status=ml.jobs.get(job.name).status)
    """
    )
    assert done.told["status"] == "Completed"
    assert "1000 " in done.log


def test_an_environment_of_a_registry(place: Workplace) -> None:
    told = sdk(
        place,
        f"{MAKE}    {OPEN}"
        """
    registry.environments.create_or_update(Environment(
        name="py", version="1", image="mcr.microsoft.com/azureml/base:1",
        conda_file={"dependencies": ["python=3.11"]},
    ))
    tell(image=registry.environments.get("py", "1").image)
    """,
    )
    assert told["image"] == "mcr.microsoft.com/azureml/base:1"


def test_what_is_not_there_is_refused_with_a_reason(place: Workplace) -> None:
    told = sdk(
        place,
        f"{MAKE}    {OPEN}"
        """
    registry.data.get("wine", "1")
    """,
        ok=False,
    )
    assert told["code"] != 0
    assert "isn't emulated: models and environments are" in str(told["log"])


def test_a_registry_has_its_files_in_its_own_storage(place: Workplace) -> None:
    other = MAKE + OPEN.replace("registry =", "    other =")
    done = place.sdk(
        f"{MAKE}    {OPEN}"
        + other.replace("shared-models", "other-models")
        + """
    kept = registry.models.create_or_update(Model(name="wine", version="3", path="model"))
    other.models.create_or_update(Model(name="wine", version="3", path=kept.path))
    """,
        ok=False,
    )
    assert done.code != 0
    assert "The files of a registry are in its own storage" in done.log


def test_a_registry_that_was_deleted_takes_its_models_with_it(place: Workplace) -> None:
    told = sdk(
        place,
        f"{MAKE}    {OPEN}"
        """
    registry.models.create_or_update(Model(name="wine", version="3", path="model"))
    ml.registries.begin_delete(name="shared-models").result()
    tell(left=[one.name for one in ml.registries.list()])
    """ + MAKE + f"    {OPEN}"
        """
    tell(models=[one.name for one in registry.models.list()])
    """,
    )
    assert (told["left"], told["models"]) == ([], [])
