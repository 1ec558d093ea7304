"""Web services on container instances and AKS: deployed over REST, seen and scored by SDK v1."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from local import serving_project
from local.aml_v1_workplace import MISSING_V1, V1Workplace
from local.aml_workplace import MISSING, Done, Workplace, pip_settings
from local.serving_project import UNMET_SHOWN
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "aml_services")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
ROWS = {"data": list(range(10))}
# As an old pipeline has them: for `az ml model deploy` of SDK v1.
INFERENCE = """\
entryScript: score.py
runtime: python
condaFile: conda.yml
sourceDirectory: code
extraDockerfileSteps:
schemaFile:
enableGpu: False
baseImage:
"""
ON_AKS = """\
computeType: AKS
autoScaler: {autoscaleEnabled: True, minReplicas: 1, maxReplicas: 3, targetUtilization: 70}
authEnabled: True
containerResourceRequirements: {cpu: 1, memoryInGB: 2}
scoringTimeoutMs: 5000
"""
DEPLOY = {**WORKSPACE, "model": "double:1", "inference_config": "inference.yml"}


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[V1Workplace]:
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    (folder / "inference.yml").write_text(INFERENCE)
    (folder / "aks.yml").write_text(ON_AKS)
    (folder / "rows.json").write_text(json.dumps(ROWS))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        made = V1Workplace(cloud, program_environment(cloud.environment), folder)
        assert made.run("aml-workspace", **WORKSPACE).code == 0
        for model in ("double", "triple"):
            done = made.run("model-register", **WORKSPACE, name=model, model=model)
            assert done.code == 0, done.log
        yield made


def deploy(place: Workplace, target: str, endpoint: str, **inputs: str) -> Done:
    return place.run("model-deploy", target=target, endpoint=endpoint, **{**DEPLOY, **inputs})


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.2)


def ask(place: Workplace, url: str, key: str = "") -> requests.Response:
    """As anybody on the network."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": place.environment["HTTP_PROXY"]}
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return session.post(url, json=ROWS, headers=headers, timeout=60)


def test_a_container_instance_is_deployed_tested_and_overwritten(place: Workplace) -> None:
    made = deploy(place, "aci", "wine-aci", rows="rows.json")
    assert made.code == 0, made.log
    assert made.outputs["action"] == "created"
    assert "ready with factor 2" in made.log  # the container's own
    url = made.outputs["scoring-url"]
    assert ask(place, url).status_code == 401
    assert ask(place, url, "wrong").status_code == 401
    again = deploy(place, "aci", "wine-aci", rows="rows.json")
    assert again.outputs["action"] == "left-alone", again.log
    wrong = deploy(place, "aci", "wine-aci", rows="rows.json", expect_count="99")
    assert wrong.code == 43, wrong.log
    assert "the service wine-aci serves this model all the same" in wrong.log
    dry = deploy(place, "aci", "wine-aci", model="triple:1", dry_run="true")
    assert dry.outputs["action"] == "updated", dry.log
    other = deploy(place, "aci", "wine-aci", model="triple:1")
    assert (other.code, other.outputs["action"]) == (0, "updated"), other.log
    assert other.outputs["scoring-url"] == url
    tested = place.run(
        "endpoint-test",
        **WORKSPACE,
        target="aci",
        endpoint="wine-aci",
        rows="rows.json",
        expect_count="10",
        expect_authentication="true",
        requests="1",
    )
    assert tested.code == 0, tested.log
    assert json.loads(tested.outputs["predictions"]) == [3 * row for row in ROWS["data"]]


def test_a_service_on_aks_whose_cluster_is_created(place: Workplace) -> None:
    inputs = {"compute": "aks", "deployment_config": "aks.yml", "rows": "rows.json"}
    none = deploy(place, "aks", "wine-aks", **inputs)
    assert none.code == 14, none.log
    assert "create it with aml-compute" in none.log
    cluster = {**WORKSPACE, "compute_name": "aks", "compute_type": "aks", "dev_test": "true"}
    for action in ("created", "left-alone"):
        done = place.run("aml-compute", **cluster, node_count="1")
        assert (done.code, done.outputs.get("action")) == (0, action), done.log
    made = deploy(place, "aks", "wine-aks", **inputs)
    assert made.code == 0, made.log
    assert "/api/v1/service/wine-aks/score" in made.outputs["scoring-url"]
    again = deploy(place, "aks", "wine-aks", **inputs)
    assert again.outputs["action"] == "left-alone", again.log
    other = deploy(place, "aks", "wine-aks", **inputs, model="triple:1")
    assert (other.code, other.outputs["action"]) == (0, "updated"), other.log
    broken = deploy(
        place, "aks", "wine-aks", **inputs, environment_variables="RAISE_IN_INIT: 'yes'"
    )
    assert broken.code == 42, broken.log
    assert "the weights are for another model" in broken.log
    tested = place.run(
        "endpoint-test", **WORKSPACE, target="aks", endpoint="wine-aks", rows="rows.json"
    )
    assert json.loads(tested.outputs["predictions"]) == [3 * row for row in ROWS["data"]]


def test_a_container_instance_that_does_not_come_up_answers_502(place: Workplace) -> None:
    bad = {"environment_variables": "RAISE_IN_INIT: 'yes'"}
    done = deploy(place, "aci", "wine-bad", deployment_config="authEnabled: false", **bad)
    assert done.code == 42, done.log
    assert "the weights are for another model" in done.log
    tested = place.run(
        "endpoint-test", **WORKSPACE, target="aci", endpoint="wine-bad", rows="rows.json"
    )
    assert tested.code == 19, tested.log
    assert "502" in tested.log


@pytest.mark.parametrize("target", ["aci", "aks"])
def test_a_script_whose_import_fails_is_told_once_and_without_frames_of_the_server(
    place: Workplace, target: str
) -> None:
    more = {}
    if target == "aks":
        cluster = {"compute_type": "aks", "dev_test": "true", "node_count": "1"}
        assert place.run("aml-compute", **WORKSPACE, compute_name="unmet", **cluster).code == 0
        more = {"compute": "unmet", "deployment_config": "aks.yml"}
    unmet = INFERENCE.replace("sourceDirectory: code", "sourceDirectory: unmet")
    (place.folder / "unmet.yml").write_text(unmet)
    done = deploy(place, target, f"unmet-{target}", inference_config="unmet.yml", **more)
    assert done.code == 42, done.log
    assert UNMET_SHOWN in done.log
    assert done.log.count("No module named") == 1
    assert "azureml_inference_server_http" not in done.log
    assert "imports a package that the environment doesn't have" in done.log


@pytest.mark.parametrize(
    ("model", "action", "told"),
    [
        ("double:1", "left-alone", "it has come up meanwhile, and stays"),
        ("triple:1", "updated", "it is another job's by now, and stays"),
    ],
)
def test_a_service_that_another_job_relies_on_stays(
    place: Workplace, model: str, action: str, told: str
) -> None:
    """The first job is cut off while its new service comes up."""
    name = f"both-{action}"
    inputs = {**DEPLOY, "target": "aci", "endpoint": name}
    first = place.start("model-deploy", **inputs)
    assert first.stdout is not None
    assert any(f"service {name} Running" in line for line in first.stdout)
    first.send_signal(signal.SIGSTOP)
    tested = {"target": "aci", "endpoint": name, "rows": "rows.json"}
    until(lambda: place.run("endpoint-test", **WORKSPACE, **tested).code == 0)
    second = deploy(place, "aci", name, model=model)
    assert (second.code, second.outputs["action"]) == (0, action), second.log
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGCONT)
    log, _ = first.communicate(timeout=60)
    assert first.returncode == 143, log
    command = place.command("model-deploy", **inputs)
    command[3:4] = ["release", "model-deploy"]
    released = subprocess.run(
        command,
        cwd=place.folder,
        env=place.own_environment("model-deploy"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert f"service {name}: {told}" in released.stdout + released.stderr
    again = place.run("endpoint-test", **WORKSPACE, **tested)
    assert again.code == 0, again.log


def test_a_script_that_can_not_score_fails_the_smoke_test(place: Workplace) -> None:
    bad = {"environment_variables": "RAISE_IN_RUN: always", "rows": "rows.json"}
    done = deploy(place, "aci", "wine-raising", **bad)
    assert done.code == 43, done.log
    assert done.log.count("ready with factor 2") == 1
    assert "ValueError: can't score this" in done.log
    assert "the model or its scoring script doesn't take these rows" in done.log


def test_what_is_wrong_is_one_clear_error(place: Workplace) -> None:
    for code, target, inputs in (
        (2, "aks", {}),
        (2, "aci", {"compute": "aks"}),
        (2, "aci", {"deployment_config": "aks.yml"}),
        (2, "aci", {"deployment_config": '{"containerResourceRequirements": {"cpu": "lots"}}'}),
        (3, "aci", {"inference_config": "nowhere.yml"}),
        (14, "aci", {"model": "nothing:1"}),
    ):
        done = deploy(place, target, "wine-none", **inputs)
        assert done.code == code, done.log
        assert "Traceback" not in done.log


@pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")
def test_sdk_v1_scores_what_was_deployed_and_deploys_its_own(place: V1Workplace) -> None:
    assert deploy(place, "aci", "wine-seen").code == 0
    told = place.sdk("""
        from azureml.core.model import InferenceConfig
        from azureml.core.webservice import AciWebservice, Webservice

        seen = Webservice(ws, "wine-seen")
        rows = open("rows.json").read()
        tell(kind=type(seen).__name__, state=seen.state, auth=seen.auth_enabled)
        tell(answer=seen.run(rows), keys=len(set(seen.get_keys())), log=seen.get_logs())

        environment = Environment.from_conda_specification("scoring", "conda.yml")
        own = Model.deploy(
            ws, "wine-own", [Model(ws, "triple")],
            InferenceConfig("score.py", source_directory="code", environment=environment),
            AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1, auth_enabled=True),
        )
        own.wait_for_deployment()
        tell(own=own.state, tripled=own.run(rows))
        tell(names=sorted(one.name for one in Webservice.list(ws)))
        own.delete()
    """).told
    assert (told["kind"], told["state"], told["auth"]) == ("AciWebservice", "Healthy", True)
    assert told["answer"] == [2 * row for row in ROWS["data"]]
    assert told["keys"] == 2
    assert "ready with factor 2" in told["log"]
    assert told["own"] == "Healthy"
    assert told["tripled"] == [3 * row for row in ROWS["data"]]
    assert {"wine-own", "wine-seen"} <= set(told["names"])
