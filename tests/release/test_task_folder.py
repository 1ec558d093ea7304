"""A task's folder, unpacked from the extension as an agent does it, started by node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from release_clone import NOW

TASK = "ModelyardSecretScope/ModelyardSecretScopeV1"
CLUSTER = "ModelyardClusterStart/ModelyardClusterStartV1"
PIPELINE = "ModelyardAmlPipeline/ModelyardAmlPipelineV1"
WHEELS = Path(os.environ.get("MODELYARD_WHEELS", "/nowhere"))
OF_AZURE = (
    *("azure-core", "azure-identity", "azure-keyvault-secrets", "isodate"),
    *("msal", "msal-extensions", "pyjwt"),
)
"""Locked packages that are imported only to sign in with Microsoft Entra, and the two that only
building needs, aren't among the wheels of the tests."""
BUILDING = ("setuptools", "wheel")


@pytest.fixture
def agent(released, tmp_path: Path) -> Path:
    """Where an agent has unpacked the tasks: each alone, without what is beside it."""
    for name, content in released.vsix.items():
        for task in (TASK, CLUSTER, PIPELINE):
            if name.startswith(f"{task}/"):
                path = tmp_path / "_tasks" / Path(name).relative_to(Path(task).parent)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    for folder in ("tools", "temporary", "sources"):
        (tmp_path / folder).mkdir()
    return tmp_path


def folder(agent: Path, task: str) -> Path:
    return agent / "_tasks" / Path(task).name


def start(
    agent: Path, task: str, program: str, environment: dict[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(folder(agent, task) / program)],
        check=False,
        capture_output=True,
        text=True,
        cwd=agent / "sources",
        env={
            **environment,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "TF_BUILD": "True",
            "AGENT_TOOLSDIRECTORY": str(agent / "tools"),
            "AGENT_TEMPDIRECTORY": str(agent / "temporary"),
            **more,
        },
        timeout=300,
    )


def test_no_python_that_fits(agent: Path) -> None:
    """The launcher works from the unpacked folder, and says in its own words what is missing."""
    launch = folder(agent, CLUSTER) / "launch.json"
    launch.write_text(json.dumps(json.loads(launch.read_text()) | {"python": ["3.98", "3.99"]}))
    done = start(agent, CLUSTER, "main.js", {"HOME": str(agent)})
    assert done.returncode == 4, done.stdout + done.stderr
    assert "no Python 3.98 to 3.99 on this machine" in done.stdout
    assert "UsePythonVersion@0 (Azure Pipelines) with version 3.99" in done.stdout
    assert "##vso[task.complete result=Failed" in done.stdout
    assert "at Module" not in done.stdout + done.stderr


def test_the_release_step_finds_nothing_to_do(agent: Path) -> None:
    done = start(agent, CLUSTER, "post.js", {"HOME": str(agent)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cluster-start: nothing to release" in done.stdout


@pytest.mark.skipif(
    not (WHEELS / ".complete").is_file(),
    reason="MODELYARD_WHEELS names no folder that .ci/wheels has filled",
)
def test_a_task_runs(agent: Path, tmp_path: Path) -> None:
    """From the wheel and the lock file in the folder, without a package index."""
    for task in (TASK, PIPELINE):
        lock = folder(agent, task) / "requirements" / "core.txt"
        kept = [
            one
            for one in lock.read_text().replace("\\\n", " ").splitlines()
            if one.partition("==")[0] not in (*OF_AZURE, *BUILDING)
        ]
        lock.write_text("\n".join(kept) + "\n")
    with LocalCloud(tmp_path / "cloud", services=("entra", "databricks")) as cloud:
        environment = program_environment(cloud.environment) | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(WHEELS),
        }
        done = start(agent, TASK, "main.js", environment, INPUT_SCOPE="packaged")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "##vso[task.complete result=Succeeded" in done.stdout
        scopes = requests.get(
            f"{cloud.environment['MODELYARD_LOCAL_URL']}/api/2.0/secrets/scopes/list",
            headers={"Authorization": f"Bearer {cloud.environment['DATABRICKS_TOKEN']}"},
            timeout=30,
        ).json()["scopes"]
        assert [one["name"] for one in scopes] == ["packaged"]
        # The local cloud isn't in the task: `local` says so, and starts nothing.
        asked = {"INPUT_LOCAL": "true", "INPUT_DEFINITION": "p.yml", "INPUT_WORKSPACENAME": "wine"}
        refused = start(agent, PIPELINE, "main.js", environment, **asked)
        assert refused.returncode == 4, refused.stdout + refused.stderr
        assert "a task's own wheel has no `local`" in refused.stdout
        assert "run the command on your own machine" in refused.stdout
    (installed,) = agent.glob("tools/modelyard/*/lib/python3.*/site-packages/modelyard-*.dist-info")
    assert installed.name == f"modelyard-{NOW}.dist-info"
    assert not (installed.parent / "modelyard" / "local").exists()
