"""The example on Azure ML, by both CI systems: a pipeline trains, a managed endpoint serves."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING
from local.stage_project import Project, opened
from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = (
    *("entra", "arm", "devops", "storage", "aml", "github_identity"),
    *("mlflow", "databricks"),
)
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
PLACE = (
    "--variable=AML_WORKSPACE_NAME_OVERRIDE=wine",
    "--variable=AML_RESOURCE_GROUP_OVERRIDE=modelyard-local",
)


@pytest.fixture(scope="module")
def project(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A workspace, and the example as a repository of its own."""

    def fill(folder: Path) -> None:
        shutil.copytree(manifest.ROOT / "examples/wine-quality", folder)

    folder = tmp_path_factory.mktemp("train") / "repository"
    with opened(cloud, library_path, folder, fill) as found:
        yield found


def test_azure_pipelines_trains_deploys_and_validates_elsewhere(project: Project) -> None:
    file, repository = "azureml/azure-pipelines.yml", f"modelyard={manifest.ROOT}"
    done = project.local_run(file, repository, "azure", *PLACE)
    assert done.code == 0, done.output
    assert done.stages == {"train": "Succeeded", "staging": "Succeeded"}
    assert done.artifacts() == {"model"}
    assert (done.folder / "artifacts/model/MLmodel").is_file()
    assert project.served("wine-quality-staging") == ({"blue": 100}, ["blue"])
    [tested] = [one for one in done.steps("staging") if one["title"] == "Test the endpoint"]
    assert len(json.loads(tested["outputs"]["predictions"])) == 10

    subprocess.run(["git", "switch", "--quiet", "-c", "next"], cwd=project.folder, check=True)
    tasks = "--parameter=tasks=checkout"
    elsewhere = project.local_run(file, repository, "elsewhere", *PLACE, tasks)
    subprocess.run(["git", "switch", "--quiet", "main"], cwd=project.folder, check=True)
    assert elsewhere.code == 0, elsewhere.output
    assert "azureml/pipeline.yml is valid: 2 steps (split, train)" in elsewhere.output
    assert elsewhere.stages == {"train": "Succeeded", "staging": "Skipped"}
    assert elsewhere.artifacts() == set()


def test_the_reusable_workflows_do_the_same(project: Project) -> None:
    file, repository = ".github/workflows/azure-ml.yml", f"OWNER/modelyard={manifest.ROOT}"
    done = project.local_run(file, repository, "github", *PLACE)
    assert done.code == 0, done.output
    assert set(done.stages.values()) == {"Succeeded"}
    assert done.artifacts() == {"model"}
    assert "signed in by github-oidc" in done.output
    # The same content was trained before: nothing new is registered or deployed.
    assert len(project.served("wine-quality-staging")[1]) == 1
