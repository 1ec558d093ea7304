"""A pipeline that uses the local cloud: its steps' environment, and service connections."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from local.connections import make_generic
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.commands.surroundings import needs_cloud
from modelyard.local.runner.engine.tasks import available
from modelyard.local.runner.pipeline import plan

CLOUD_SERVICES = ("entra", "arm", "devops", "databricks")

MAIN = """
const id = process.env.INPUT_AZURE;
const of = (name) => process.env[`ENDPOINT_AUTH_PARAMETER_${id}_${name}`];
console.log(`> ${process.env[`ENDPOINT_AUTH_SCHEME_${id}`]} ${Boolean(of('TENANTID'))}`);
console.log(`##vso[task.setvariable variable=connection]${id}`);
"""
PIPELINE = """
    steps:
    - checkout: none
    - task: Connect@1
      inputs: {azure: ml-dev}
    - bash: |
        echo "> $DATABRICKS_HOST"
        curl -sSf "$DATABRICKS_HOST/api/2.0/clusters/list" \
          -H "Authorization: Bearer $DATABRICKS_TOKEN" > /dev/null && echo '> listed'
        echo "the token is $DATABRICKS_TOKEN"
    - bash: |
        query="api-version=7.1&serviceConnectionId=$CONNECTION"
        curl -sSf -X POST -d '' "$SYSTEM_OIDCREQUESTURI?$query" \
          -H "Authorization: Bearer $TOKEN" | grep -c oidcToken | sed 's/^/> tokens: /'
      env: {TOKEN: $(System.AccessToken)}
    """


@pytest.fixture
def task(tmp_path: Path) -> Path:
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "main.js").write_text(MAIN)
    document = {
        "id": "11bd0a70-2c6b-4d0c-8b4b-0d8a6f0c9a01",
        "name": "Connect",
        "version": {"Major": 1, "Minor": 0, "Patch": 0},
        "inputs": [{"name": "azure", "type": "connectedService:AzureRM", "label": "a"}],
        "execution": {"Node20_1": {"target": "main.js"}},
    }
    (folder / "task.json").write_text(json.dumps(document))
    return folder


def test_steps_use_the_cloud_that_runs(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path, task: Path
) -> None:
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(textwrap.dedent(PIPELINE))
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-m", "modelyard", "local", "run", str(file),
            "--state", str(cloud.folder), "--task", f"Connect={task}",
        ],
        capture_output=True, text=True, env=library_path, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    printed = [line.partition("] ")[2] for line in done.stdout.splitlines() if "] > " in line]
    host = cloud.environment["DATABRICKS_HOST"]
    assert printed == [
        "> WorkloadIdentityFederation true",
        f"> {host}",
        "> listed",
        "> tokens: 1",
    ]
    token = cloud.environment["DATABRICKS_TOKEN"]
    assert token not in done.stdout
    for path in (tmp_path / ".modelyard" / "runs").rglob("*"):
        assert not path.is_file() or token not in path.read_text()


SERVER = """
    jobs:
    - job: ask
      pool: server
      steps:
      - task: InvokeRESTAPI@1
        displayName: asked
        inputs:
          connectionType: connectedServiceNameARM
          azureServiceConnection: ml-dev
          method: GET
          headers: ''
          urlSuffix: subscriptions?api-version=2022-12-01
          successCriteria: eq(root['value'][0]['state'], 'Enabled')
      - task: InvokeRESTAPI@1
        displayName: nowhere
        inputs: {connectionType: connectedServiceName, serviceConnection: outside, headers: ''}
    """


def test_a_server_jobs_request_signs_in_and_leaves_the_machine_nowhere(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path
) -> None:
    make_generic(cloud, "outside", "https://example.com/")
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(textwrap.dedent(SERVER))
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-m", "modelyard", "local", "run", str(file),
            "--state", str(cloud.folder), "--log-format=plain",
        ],
        capture_output=True, text=True, env=library_path, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stdout + done.stderr
    assert "answered with 200, and eq(root['value'][0]['state'], 'Enabled') holds" in done.stdout
    told = "the local cloud doesn't have this server, and no other is asked"
    assert f"##[error]POST https://example.com/: {told}" in done.stdout


def test_no_two_runs_in_one_cloud_have_the_same_number(
    cloud: LocalCloud, library_path: dict[str, str], tmp_path: Path
) -> None:
    """Else the second would find the first one's work in it, and take it for its own."""
    file = tmp_path / "azure-pipelines.yml"
    file.write_text('steps: [{checkout: none}, {bash: echo "> $BUILD_BUILDID"}]\n')
    numbers = []
    for place in ("one", "two"):  # results apart, so nothing beside them tells of the other
        done = subprocess.run(
            [
                sys.executable, "-W", "error", "-m", "modelyard", "local", "run", str(file),
                "--state", str(cloud.folder), "--output", str(tmp_path / place / "results"),
            ],
            capture_output=True, text=True, env=library_path, cwd=tmp_path, timeout=120, check=True,
        )  # fmt: skip
        numbers += [line.rpartition("> ")[2] for line in done.stdout.splitlines() if "] > " in line]

    assert len(set(numbers)) == 2


@pytest.mark.parametrize(
    ("step", "needed"),
    [
        ("bash: echo hi", False),
        ("task: ModelyardClusterStart@1", True),
        ("task: Connect@1\n  inputs: {azure: ml-dev}", True),
        ("task: Connect@1", False),
        ("bash: node m/templates/azure-pipelines/steps/launch.js run ModelyardJobRunV1 x", True),
        ("bash: node launch.js", False),
    ],
)
def test_a_cloud_is_started_for_those_who_need_one(
    tmp_path: Path, task: Path, step: str, needed: bool
) -> None:
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(f"steps:\n- {step}\n")
    known = available({"Connect": task})

    assert needs_cloud(plan(file, tasks=known.known), known) is needed


def test_a_cloud_is_started_for_tasks_of_a_checkout() -> None:
    """By the templates themselves: what they start is what is looked for."""
    example = Path(__file__).parents[2] / "examples/wine-quality"
    found = plan(
        example / "azure-pipelines.yml",
        root=example,
        parameters={"tasks": "checkout"},
        repositories={"modelyard": example.parents[1]},
    )

    tasks = available()
    assert not any(
        task is not None and task.needs_cloud(step.inputs)
        for stage in found.pipeline.stages
        for job in stage.jobs
        for step in job.all_steps()
        for task in [tasks.find(step.task, step.version)]
        if step.task == "CmdLine"
    )
    assert needs_cloud(found, tasks)
