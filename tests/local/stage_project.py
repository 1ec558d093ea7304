"""A repository whose pipelines use our templates, run against a local Azure ML."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local.aml_workplace import PATH, WHEELS, Workplace, pip_settings
from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from parity.checkout import new_repository

TOOLS = WHEELS.parent / "tools"
"""Kept from run to run, as an agent's tool cache is."""


@dataclass(frozen=True)
class Ran:
    """A run that has ended."""

    code: int
    output: str
    folder: Path

    @property
    def results(self) -> dict[str, str]:
        """Of the deployment's steps, by title."""
        return {step["title"]: step["result"] for step in self.steps("deploy")}

    @property
    def stages(self) -> dict[str, str]:
        """How each stage ended, by its name."""
        return {one["name"]: one["result"] for one in self._document["stages"]}

    def steps(self, stage: str) -> list[dict[str, Any]]:
        """Those of a stage."""
        [found] = [one for one in self._document["stages"] if one["name"] == stage]
        return [step for job in found["jobs"] for step in job["steps"]]

    def artifacts(self) -> set[str]:
        return {one["name"] for one in self._document["artifacts"]}

    @property
    def _document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found


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

    def local_run(self, file: str, repository: str, name: str, *more: str) -> Ran:
        results = self.folder.parent / name
        done = subprocess.run(
            [
                sys.executable, "-m", "modelyard", "local", "run", file,
                f"--repository={repository}", f"--state={self.cloud.folder}",
                f"--output={results}", "--log-format=plain", *more,
            ],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout + done.stderr, results)

    def served(self, name: str) -> tuple[dict[str, int], list[str]]:
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


@contextmanager
def opened(
    cloud: LocalCloud, library_path: Mapping[str, str], folder: Path, fill: Callable[[Path], None]
) -> Iterator[Project]:
    """A workspace, and a repository.

    :param folder: made by ``fill``, with the repository's files.
    """
    fill(folder)
    new_repository(folder)
    place = Workplace(cloud, program_environment(cloud.environment), folder)
    made = place.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert made.code == 0, made.log
    environment = {**library_path, "AGENT_TOOLSDIRECTORY": str(TOOLS)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)  # of the cloud, which runs in this process
        yield Project(cloud, folder, environment, place)
