"""The deploy stage with target managed, as its users have it: the local runner, a federated service
connection, the local Azure ML. Blue, then green, then a model whose smoke test fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local import serving_project
from local.aml_workplace import MISSING, PATH, WHEELS, Workplace, pip_settings
from modelyard import manifest
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from parity.checkout import new_repository

CLOUD_SERVICES = ("entra", "arm", "devops", "storage", "aml", "github_identity")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
TOOLS = WHEELS.parent / "tools"
"""Kept from run to run, as an agent's tool cache is."""
ENDPOINT = "numbers-staging"


@dataclass(frozen=True)
class Ran:
    """A run that has ended."""

    code: int
    output: str
    folder: Path

    @property
    def results(self) -> dict[str, str]:
        """Of the deployment's steps, by title."""
        document = json.loads((self.folder / "run.json").read_text("utf-8"))
        [deploy] = [one for one in document["stages"] if one["name"] == "deploy"]
        return {step["title"]: step["result"] for job in deploy["jobs"] for step in job["steps"]}

    def artifacts(self) -> set[str]:
        document = json.loads((self.folder / "run.json").read_text("utf-8"))
        return {one["name"] for one in document["artifacts"]}


@dataclass(frozen=True)
class Project:
    """The repository of a model, and the cloud that it is deployed to."""

    cloud: LocalCloud
    folder: Path
    environment: Mapping[str, str]
    place: Workplace

    def run(self, model: str, name: str, *, tasks: str = "extension", **deploy: Any) -> Ran:
        """Publish the folder as the artifact model, and deploy it."""
        (self.folder / "azure-pipelines.yml").write_text(pipeline(model, tasks, deploy))
        return self.local_run("azure-pipelines.yml", f"modelyard={manifest.ROOT}", name)

    def local_run(self, file: str, repository: str, name: str) -> Ran:
        results = self.folder.parent / name
        done = subprocess.run(
            [
                sys.executable, "-m", "modelyard", "local", "run", file,
                f"--repository={repository}", f"--state={self.cloud.folder}",
                f"--output={results}", "--log-format=plain",
            ],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout + done.stderr, results)

    def served(self, name: str = ENDPOINT) -> tuple[dict[str, int], list[str]]:
        """The traffic of the endpoint, and its deployments."""
        endpoint = self._get(f"onlineEndpoints/{name}")
        found = self._get(f"onlineEndpoints/{name}/deployments")["value"]
        return endpoint["properties"]["traffic"], sorted(one["name"] for one in found)

    def kind(self, name: str) -> str:
        """managed, or kubernetes."""
        compute = self._get(f"onlineEndpoints/{name}")["properties"].get("compute")
        return "kubernetes" if compute else "managed"

    def _get(self, path: str) -> dict[str, Any]:
        settings = self.cloud.environment
        token = requests.post(
            f"https://login.microsoftonline.com/{settings['AZURE_TENANT_ID']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": settings["AZURE_CLIENT_ID"],
                "client_secret": settings["AZURE_CLIENT_SECRET"],
                "scope": "https://management.azure.com/.default",
            },
            proxies={"https": settings["HTTPS_PROXY"]},
            verify=settings["REQUESTS_CA_BUNDLE"],
            timeout=30,
        ).json()["access_token"]
        answer = requests.get(
            f"https://management.azure.com{PATH}/{path}?api-version=2024-10-01",
            headers={"Authorization": f"Bearer {token}"},
            proxies={"https": settings["HTTPS_PROXY"]},
            verify=settings["REQUESTS_CA_BUNDLE"],
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def pipeline(model: str, tasks: str, deploy: Mapping[str, Any]) -> str:
    """A stage that has the model, and the template's."""
    stage = {
        "model": "numbers",
        "environment": "staging",
        "dependsOn": ["train"],
        "target": "managed",
        "tasks": tasks,
        "azureServiceConnection": "ml-dev",
        "resourceGroup": "modelyard-local",
        "workspaceName": "wine",
        "code": "code",
        "condaFile": "conda.yml",
        "rows": "rows.json",
        "expectType": "integer",
        **deploy,
    }
    repository = {"repository": "modelyard", "type": "github", "name": "OWNER/modelyard"}
    train = [{"publish": model, "artifact": "model"}]
    document = {
        "resources": {"repositories": [repository | {"endpoint": "github"}]},
        "stages": [
            {"stage": "train", "jobs": [{"job": "train", "steps": train}]},
            {
                "template": "templates/azure-pipelines/stages/deploy.yml@modelyard",
                "parameters": stage,
            },
        ],
    }
    return yaml.safe_dump(document, sort_keys=False)


@pytest.fixture(scope="module")
def project(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A workspace, and a repository with two models and a scoring script."""
    folder = tmp_path_factory.mktemp("stage") / "repository"
    folder.mkdir()
    serving_project.write(folder, own_version())
    new_repository(folder)
    place = Workplace(cloud, program_environment(cloud.environment), folder)
    made = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert made.code == 0, made.log
    environment = {**library_path, "AGENT_TOOLSDIRECTORY": str(TOOLS)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)  # of the cloud, which runs in this process
        yield Project(cloud, folder, environment, place)


def test_blue_then_green_and_back_to_green_when_a_smoke_test_fails(project: Project) -> None:
    first = project.run("double", "first")
    assert first.code == 0, first.output
    assert project.served() == ({"blue": 100}, ["blue"])
    assert set(first.results.values()) == {"Succeeded"}

    canary = {"strategy": "canary", "increments": [20], "watchSeconds": 0.5, "watchRequests": 10}
    second = project.run("triple", "second", tasks="checkout", **canary)
    assert second.code == 0, second.output
    assert "traffic: blue 80 %, green 20 %" in second.output
    assert re.search(r"green answered [1-9]\d* requests, 0 errors", second.output), second.output
    assert "signed in by service-connection: " in second.output
    assert project.served() == ({"green": 100}, ["green"])
    assert second.results["Release deploy"] == "Succeeded"

    third = project.run("double", "third", expectType="text", **canary)
    assert third.code == 1
    assert "prediction 1 is 2, which is a number, not text" in third.output
    assert "traffic: green 80 %" not in third.output
    assert third.results["Deploy"] == "Failed"
    assert third.results["Test the endpoint"] == "Skipped"
    assert f"{ENDPOINT}-blue" in third.artifacts()
    assert project.served() == ({"green": 100}, ["green"])


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
