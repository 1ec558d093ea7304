"""Polls that are refused, fail or break: every wait on Azure ML survives them, and acts once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local import serving_project
from local.aml_v1_workplace import MISSING_V1
from local.aml_workplace import MISSING, Workplace, pip_settings
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "aml_services", "databricks")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
WORKSPACE = {"workspace_name": "wine", "resource_group": RESOURCE_GROUP}
RETRY_AFTER = 1.0
"""Seconds that a poll which is refused is told to wait."""
BAD_ANSWERS = (
    {"action": "status", "status": 429, "headers": {"Retry-After": f"{RETRY_AFTER:.0f}"}},
    {"action": "status", "status": 503},
    {"action": "reset"},
)
EXPIRED = {"action": "status", "status": 401}
GUID = "-".join("?" * length for length in (8, 4, 4, 4, 12))
OPERATION = "*/mfeOperationsStatus/*"
"""Where Resource Manager tells how a change of Azure ML fares."""
DEPLOY = {
    **WORKSPACE,
    "model": "double:1",
    "code": "code",
    "conda_file": "conda.yml",
    "rows": "rows.json",
}
STEPS = """
type: pipeline
jobs:
  only:
    type: command
    environment: {image: mcr.microsoft.com/azureml/any}
    command: echo started && sleep 1 && echo done
"""
DEFINITION = """
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.steps import PythonScriptStep


def pipeline(workspace, computes, parameters, helper):
    bare = RunConfiguration()
    bare.environment.python.conda_dependencies = CondaDependencies(_underlying_structure={})
    return PythonScriptStep(
        name="only", script_name="wait.py", source_directory="steps", runconfig=bare,
        compute_target=helper.cluster("cpu"), allow_reuse=False,
    )
"""


@pytest.fixture(scope="module")
def whole(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A workspace with a model, and the files of a project."""
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    (folder / "steps").mkdir()
    wait = "import time\nprint('started', flush=True)\ntime.sleep(1)\nprint('done')\n"
    for name, text in (("a.yml", STEPS), ("a.py", DEFINITION), ("steps/wait.py", wait)):
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        made = Workplace(cloud, program_environment(cloud.environment), folder)
        assert made.run("aml-workspace", **WORKSPACE).code == 0
        done = made.run("model-register", **WORKSPACE, name="double", model="double")
        assert done.code == 0, done.log
        yield made


@pytest.fixture
def place(whole: Workplace) -> Iterator[Workplace]:
    """The same, without faults and with an empty log of requests."""
    whole.cloud.faults.clear()
    whole.cloud.requests.clear()
    yield whole
    whole.cloud.faults.clear()


def spoil(place: Workplace, path: str, *, expired: bool = True, skip: int = 0) -> None:
    """The next polls of a path come to nothing, each in another way."""
    for rule in (*BAD_ANSWERS, *([EXPIRED] if expired else [])):
        place.fault(method="GET", path=path, skip=skip, **rule)


def check_polls(place: Workplace) -> None:
    """Every fault happened, and who was told to wait did."""
    assert [one["path"] for one in place.cloud.faults.list() if not one["used_up"]] == []
    entries = place.cloud.requests.entries()
    refused = [one for one in entries if one.status == 429]
    assert refused
    for one in refused:
        again = next(e for e in entries if e.path == one.path and e.time > one.time)
        assert again.time - one.time >= RETRY_AFTER


def writes(place: Workplace, method: str, path: str) -> int:
    """How often something was asked for."""
    return sum(one.path.endswith(path) for one in place.cloud.requests.entries(method=method))


@pytest.mark.parametrize(
    ("action", "inputs"),
    [
        ("created", {"compute_type": "amlcompute", "vm_size": "STANDARD_D2_V2"}),
        ("created", {"compute_type": "aks", "dev_test": "true", "node_count": "1"}),
        (
            "attached",
            {
                "compute_type": "databricks",
                "attach": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
                "/providers/Microsoft.Databricks/workspaces/modelyard-local",
                "revoke_at_end": "false",
            },
        ),
    ],
    ids=["amlcompute", "aks", "databricks"],
)
def test_a_compute_is_made_once(place: Workplace, action: str, inputs: dict[str, str]) -> None:
    name = f"bad-{inputs['compute_type']}"[:16]
    spoil(place, OPERATION)
    done = place.run("aml-compute", **WORKSPACE, compute_name=name, **inputs)
    assert (done.code, done.outputs.get("action")) == (0, action), done.log
    check_polls(place)
    assert writes(place, "PUT", f"/computes/{name}") == 1
    assert writes(place, "POST", "/token/create") == (action == "attached")
    again = place.run("aml-compute", **WORKSPACE, compute_name=name, **inputs)
    assert again.outputs["action"] == "left-alone", again.log


@pytest.mark.parametrize("target", ["aci", "aks"])
def test_a_web_service_is_deployed_once(place: Workplace, target: str) -> None:
    inputs = {**DEPLOY, "target": target, "endpoint": f"bad-{target}"}
    if target == "aks":
        cluster = {"compute_name": "serving", "compute_type": "aks", "dev_test": "true"}
        made = place.run("aml-compute", **WORKSPACE, **cluster, node_count="1")
        assert made.code == 0, made.log
        inputs["compute"] = "serving"
    spoil(place, "/modelmanagement/*/operations/*")
    done = place.run("model-deploy", **inputs)
    assert (done.code, done.outputs.get("action")) == (0, "created"), done.log
    assert "smoke test passed" in done.log
    check_polls(place)
    assert writes(place, "POST", "/services") == 1
    assert writes(place, "DELETE", f"/services/bad-{target}") == 0


def test_an_endpoint_and_its_deployment_come_up_once(place: Workplace) -> None:
    spoil(place, OPERATION)  # of the endpoint
    first = {**DEPLOY, "target": "managed", "endpoint": "bad-day"}
    done = place.run("model-deploy", **first)
    assert (done.code, done.outputs.get("action")) == (0, "created"), done.log
    check_polls(place)
    assert writes(place, "PUT", "/onlineEndpoints/bad-day") == 2  # created, then given its traffic
    assert writes(place, "PUT", "/deployments/blue") == 1
    place.cloud.requests.clear()
    place.cloud.faults.clear()
    spoil(place, OPERATION)  # of the deployment
    done = place.run("model-deploy", **first, instance_count="2", traffic="100")
    assert (done.code, done.outputs.get("deployment")) == (0, "green"), done.log
    check_polls(place)
    assert writes(place, "PUT", "/deployments/green") == 1
    assert writes(place, "DELETE", "/deployments/blue") == 1


@pytest.mark.parametrize(
    ("definition", "job", "start"),
    [
        ("a.yml", "*/jobs/a-*", ("PUT", "/jobs/{}")),
        pytest.param(
            "a.py:pipeline",
            f"/history/*/runs/{GUID}",
            ("POST", "/PipelineRuns/Submit/{}"),
            marks=pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names none"),
        ),
    ],
    ids=["v2", "v1"],
)
def test_a_pipeline_is_watched_to_its_end(
    place: Workplace, definition: str, job: str, start: tuple[str, str]
) -> None:
    spoil(place, job, skip=2)
    spoil(place, "/history/*/children")
    spoil(place, "/history/*/details")
    spoil(place, "*std_log*", expired=False)
    done = place.run("aml-pipeline", **WORKSPACE, action="submit", definition=definition)
    assert (done.code, done.outputs.get("status")) == (0, "Completed"), done.log
    check_polls(place)
    for line in ("only: started", "only: done"):
        assert done.log.count(line) == 1, done.log
    method, path = start
    assert writes(place, method, path.format(done.outputs["run-id"])) == 1
    assert [e.path for e in place.cloud.requests.entries() if "ancel" in e.path] == []
