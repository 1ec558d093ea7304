"""launch.js: what a task gets that a script step starts, and what becomes of what it keeps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from modelyard import manifest
from modelyard.ci.azure_pipelines import AzurePipelines

STEPS = "templates/azure-pipelines/steps"
SHOW = "process.stdout.write(JSON.stringify(process.env) + '\\n');"
KEPT = {"cluster-id": "1124-1; ]%", "more": "two\nlines"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / STEPS).mkdir(parents=True)
    shutil.copy(manifest.ROOT / STEPS / "launch.js", tmp_path / STEPS)
    (tmp_path / "tasks/TaskV1").mkdir(parents=True)
    return tmp_path


def launched(
    place: Path, script: str, command: str = "run", **environment: str
) -> subprocess.CompletedProcess[str]:
    for name in ("main.js", "post.js"):
        text = script if (name == "main.js") == (command == "run") else "process.exit(99)"
        (place / "tasks/TaskV1" / name).write_text(text)
    return subprocess.run(
        ["node", str(place / STEPS / "launch.js"), command, "TaskV1", "cluster"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def seen(place: Path, command: str = "run", **environment: str) -> dict[str, str]:
    done = launched(place, SHOW, command, **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_inputs_come_as_the_agent_would_give_them(place: Path) -> None:
    found = seen(place, MODELYARD_INPUT_JOB="wine", MODELYARD_INPUT_SWEEP="- a: 1\n- a: 2\n")

    assert found["INPUT_JOB"] == "wine"
    assert found["INPUT_SWEEP"] == "- a: 1\n- a: 2\n"
    assert not [name for name in found if name.startswith("MODELYARD_INPUT")]


def test_what_a_task_keeps_comes_to_its_release_step(place: Path) -> None:
    data = json.dumps(KEPT).replace("%", "%AZP25")
    line = f"##vso[task.settaskvariable variable=MODELYARD_STATE;]{data}"
    ran = launched(place, f"console.log({json.dumps(line)}); process.exitCode = 3")
    command, kept = ran.stdout.splitlines()[1].split("]", 1)
    assert ran.returncode == 3
    assert ran.stdout.splitlines()[0] == line
    assert command == "##vso[task.setvariable variable=MODELYARD_STATE_cluster"

    variable = {"MODELYARD_STATE_CLUSTER": kept.replace("%AZP25", "%")}  # as the agent gives it
    released = seen(place, "release", **variable)
    assert AzurePipelines(released).load_state() == KEPT
    assert "VSTS_TASKVARIABLE_MODELYARD_STATE" not in seen(place, "run", **variable)
    assert "VSTS_TASKVARIABLE_MODELYARD_STATE" not in seen(place, "release")


def test_what_only_looks_like_it_is_left_alone(place: Path) -> None:
    line = "said: ##vso[task.settaskvariable variable=MODELYARD_STATE;]{}"

    assert launched(place, f"console.log({json.dumps(line)})").stdout.splitlines() == [line]


def test_a_federated_connection_comes_as_a_task_has_it(place: Path) -> None:
    found = seen(
        place,
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID="an-id",
        AZURESUBSCRIPTION_CLIENT_ID="client",
        AZURESUBSCRIPTION_TENANT_ID="tenant",
        SYSTEM_ACCESSTOKEN="job-token",
        SYSTEM_OIDCREQUESTURI="https://dev.azure.com/oidc",
        idToken="short-lived",
    )
    connection = AzurePipelines(found).service_connection(found["INPUT_AZURESERVICECONNECTION"])

    assert (connection.id, connection.client_id) == ("an-id", "client")
    assert (connection.tenant_id, connection.job_token) == ("tenant", "job-token")
    assert "idToken" not in found


def test_a_connection_with_a_secret_too(place: Path) -> None:
    found = seen(
        place, servicePrincipalId="client", servicePrincipalKey="not-a-secret", tenantId="tenant"
    )
    connection = AzurePipelines(found).service_connection(found["INPUT_AZURESERVICECONNECTION"])

    assert (connection.client_id, connection.client_secret) == ("client", "not-a-secret")
    assert "servicePrincipalKey" not in found


@pytest.mark.parametrize("arguments", [[], ["walk", "TaskV1", "a"], ["run", "../TaskV1", "a"]])
def test_a_wrong_call_says_how_it_is_called(place: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        ["node", str(place / STEPS / "launch.js"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "usage: node launch.js" in done.stderr
