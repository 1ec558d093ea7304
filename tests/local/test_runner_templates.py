"""Our step templates on the local runner, signed in by a federated service connection: with the
tasks of the extension, and with those of a checkout, which AzureCLI@2 hands the connection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from modelyard import manifest
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "devops", "databricks")
USED = "templates/azure-pipelines/steps/{}.yml@modelyard"


def pipeline(mode: str) -> str:
    """Two operations, one of which holds a cluster."""
    common = {"tasks": mode, "azureServiceConnection": "ml-dev"}
    repository = {"repository": "modelyard", "type": "github", "name": "OWNER/modelyard"}
    operations = [
        ("ModelyardNotebooksImport@1", "notebooks", {"source": "notebooks", "target": "/Shared/x"}),
        ("ModelyardClusterStart@1", "cluster", {"clusterName": "ml", "spec": "cluster.yml"}),
    ]
    steps = [
        {"template": USED.format("sources"), "parameters": {"tasks": mode}},
        *(
            {
                "template": USED.format("operation"),
                "parameters": common
                | {"task": task, "name": name, "displayName": name, "inputs": inputs},
            }
            for task, name, inputs in operations
        ),
        {"bash": "echo '> $(notebooks.target) $(cluster.state)'"},
        {
            "template": USED.format("release"),
            "parameters": common
            | {
                "steps": [
                    {
                        "task": "ModelyardClusterStart@1",
                        "name": "cluster",
                        "inputs": {"clusterName": "ml"},
                    }
                ]
            },
        },
    ]
    resources = {"repositories": [repository | {"endpoint": "github"}]}
    return yaml.safe_dump({"resources": resources, "steps": steps}, sort_keys=False)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tool cache for both ways: the launcher makes the tasks' environment in it once."""
    return tmp_path_factory.mktemp("tools")


@pytest.mark.parametrize("mode", ["extension", "checkout"])
def test_a_federated_connection_signs_in(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path, tools: Path, mode: str
) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/train.py").write_text("# Databricks notebook source\nprint(1)\n")
    (tmp_path / "cluster.yml").write_text(
        "spark_version: 15.4.x-scala2.12\nnode_type_id: Standard_DS3_v2\nnum_workers: 1\n"
        "autotermination_minutes: 10\n"
    )
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(pipeline(mode))
    done = subprocess.run(
        [
            sys.executable, "-m", "modelyard", "local", "run", str(file), "--log-format=plain",
            f"--repository=modelyard={manifest.ROOT}", "--state", str(cloud.folder),
        ],
        capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
        env={**library_path, "AGENT_TOOLSDIRECTORY": str(tools)},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.partition("] ")[2] for line in done.stdout.splitlines()]
    assert "> /Shared/x RUNNING" in lines, done.stdout
    signed_in = [one for one in lines if one.startswith("signed in by service-connection: ")]
    assert len(signed_in) == 3  # the release too
    assert any("terminated" in one for one in lines), done.stdout
