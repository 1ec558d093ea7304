"""The deploy stage with target managed, as its users have it: the local runner, a federated service
connection, the local Azure ML. Blue, then green, then a model whose smoke test fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from local import serving_project
from local.aml_workplace import MISSING, PATH
from local.stage_project import Project, opened
from modelyard import manifest
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "devops", "storage", "aml", "github_identity")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
ENDPOINT = "numbers-staging"


@pytest.fixture(scope="module")
def project(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A workspace, and a repository with two models and a scoring script."""

    def fill(folder: Path) -> None:
        folder.mkdir()
        serving_project.write(folder, own_version())

    folder = tmp_path_factory.mktemp("stage") / "repository"
    with opened(cloud, library_path, folder, fill) as found:
        yield found


def test_blue_then_green_and_back_to_green_when_a_smoke_test_fails(project: Project) -> None:
    first = project.run("double", "first")
    assert first.code == 0, first.output
    assert project.served(ENDPOINT) == ({"blue": 100}, ["blue"])
    assert set(first.results.values()) == {"Succeeded"}

    canary = {"strategy": "canary", "increments": [20], "watchSeconds": 0.5, "watchRequests": 10}
    second = project.run("triple", "second", tasks="checkout", **canary)
    assert second.code == 0, second.output
    assert "traffic: blue 80 %, green 20 %" in second.output
    assert re.search(r"green answered [1-9]\d* requests, 0 errors", second.output), second.output
    assert "signed in by service-connection: " in second.output
    assert project.served(ENDPOINT) == ({"green": 100}, ["green"])
    assert second.results["Release deploy"] == "Succeeded"

    third = project.run("double", "third", expectType="text", **canary)
    assert third.code == 1
    assert "prediction 1 is 2, which is a number, not text" in third.output
    assert "traffic: green 80 %" not in third.output
    assert third.results["Deploy"] == "Failed"
    assert third.results["Test the endpoint"] == "Skipped"
    assert f"{ENDPOINT}-blue" in third.artifacts()
    assert project.served(ENDPOINT) == ({"green": 100}, ["green"])


def test_the_same_on_a_kubernetes_cluster(project: Project) -> None:
    cluster = f"{PATH.partition('/providers/')[0]}/providers/Microsoft.ContainerService"
    where = {"workspace_name": "wine", "resource_group": "modelyard-local"}
    attached = project.place.run(
        "aml-compute", compute_name="aks", compute_type="kubernetes",
        attach=f"{cluster}/managedClusters/aks", namespace="scoring", **where,
    )  # fmt: skip
    assert attached.code == 0, attached.log
    done = project.run(
        "double", "kubernetes", target="kubernetes", compute="aks", environment="cluster"
    )
    assert done.code == 0, done.output
    assert project.served("numbers-cluster") == ({"blue": 100}, ["blue"])
    assert project.kind("numbers-cluster") == "kubernetes"


WORKFLOW = """
on: push
permissions: {}
jobs:
  models:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/upload-artifact@v7
        with: {name: double, path: double}
      - uses: actions/upload-artifact@v7
        with: {name: triple, path: triple}
"""
CALL = {
    "permissions": {"contents": "read", "id-token": "write"},
    "uses": "OWNER/modelyard/.github/workflows/deploy.yml@v1",
}
WITH = {
    "model": "numbers",
    "environment": "test",
    "target": "managed",
    "azure-client-id": "${{ vars.AZURE_CLIENT_ID }}",
    "azure-tenant-id": "${{ vars.AZURE_TENANT_ID }}",
    "resource-group": "modelyard-local",
    "workspace-name": "wine",
    "code": "code",
    "conda-file": "conda.yml",
    "rows": "rows.json",
    "strategy": "canary",
    "increments": "[20]",
    "watch-seconds": "0.5",
    "watch-requests": "10",
}


def test_the_reusable_workflow_does_the_same(project: Project) -> None:
    document = yaml.load(WORKFLOW, yaml.BaseLoader)  # noqa: S506 - "on" stays a text
    wanted = (
        ("first", "models", {"model-artifact": "double"}),
        ("second", "first", {"model-artifact": "triple"}),
        ("third", "second", {"model-artifact": "double", "expect-type": "text"}),
    )
    for name, before, inputs in wanted:
        document["jobs"][name] = {**CALL, "needs": before, "with": {**WITH, **inputs}}
    folder = project.folder / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "main.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    done = project.local_run(
        ".github/workflows/main.yml", f"OWNER/modelyard={manifest.ROOT}", "github"
    )

    assert done.code == 1
    stages = json.loads((done.folder / "run.json").read_text("utf-8"))["stages"]
    assert [one["result"] for one in stages] == ["Succeeded"] * 3 + ["Failed"], done.output
    assert "signed in by github-oidc" in done.output
    assert "traffic: blue 80 %, green 20 %" in done.output
    assert "prediction 1 is 2, which is a number, not text" in done.output
    assert "numbers-test" in done.artifacts()  # the log of what didn't pass
    assert project.served("numbers-test") == ({"green": 100}, ["green"])
