"""model-deploy and endpoint-test on Azure ML: blue/green with real servers, and back again."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local import serving_project
from local.aml_workplace import MISSING, PATH, Done, Workplace, pip_settings
from local.serving_project import UNMET_SHOWN
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
DEPLOY = {
    **WORKSPACE,
    "target": "managed",
    "endpoint": "numbers",
    "code": "code",
    "conda_file": "conda.yml",
    "rows": "rows.json",
    "traffic": "20",
    "watch_seconds": "0.5",
    "watch_requests": "10",
}


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workspace with the models ``double`` and ``triple``."""
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    assert made.run("aml-workspace", **WORKSPACE).code == 0
    for name in ("double", "triple"):
        done = made.run("model-register", **WORKSPACE, name=name, model=name)
        assert done.code == 0, done.log
    return made


@pytest.fixture
def serving(place: Workplace) -> Iterator[Workplace]:
    """The endpoint, with double on blue; gone afterwards."""
    done = deploy(place, "double")
    assert done.code == 0, done.log
    yield place
    place.cloud.faults.clear()
    place.sdk('ml.online_endpoints.begin_delete("numbers").result()')


def deploy(place: Workplace, name: str, /, **inputs: str) -> Done:
    return place.run("model-deploy", **{**DEPLOY, "model": f"{name}:1", **inputs})


def served(place: Workplace) -> dict[str, Any]:
    """What the SDK sees."""
    return place.sdk("""
        found = ml.online_endpoints.get("numbers")
        tell(traffic={name: share for name, share in found.traffic.items() if share})
        tell(names=sorted(one.name for one in ml.online_deployments.list("numbers")))
        tell(answer=ml.online_endpoints.invoke("numbers", request_file="rows.json"))
    """).told


DOUBLE_ON_BLUE = {"traffic": {"blue": 100}, "names": ["blue"], "answer": "[2, 4]"}


def test_a_model_comes_up_is_replaced_and_left_alone(serving: Workplace) -> None:
    assert served(serving) == DOUBLE_ON_BLUE
    writes = writes_of(serving)
    same = deploy(serving, "double")
    assert (same.code, same.outputs["action"]) == (0, "left-alone")
    assert "left alone, it serves this model in this way already" in same.log
    assert writes_of(serving) == writes
    dry = deploy(serving, "triple", dry_run="true")
    assert (dry.code, dry.outputs["action"]) == (0, "updated")
    assert writes_of(serving) == writes
    done = deploy(serving, "triple")
    assert done.code == 0, done.log
    assert (done.outputs["action"], done.outputs["deployment"]) == ("updated", "green")
    assert done.outputs["model"] == "triple:1"
    assert "ready with factor 3" in done.log
    assert in_order(
        done.log,
        "deployment green: starting without traffic, blue goes on serving",
        "deployment green: smoke test passed",
        "traffic: blue 80 %, green 20 %",
        "blue answered 4 requests, 0 errors",
        "green answered 6 requests, 0 errors",
        "traffic: green 100 %",
        "deployment blue: deleted",
    )
    assert served(serving) == {"traffic": {"green": 100}, "names": ["green"], "answer": "[3, 6]"}
    back = deploy(serving, "double", instance_count="2")
    assert back.outputs["deployment"] == "blue"
    tested = serving.run(
        "endpoint-test",
        **WORKSPACE,
        target="managed",
        endpoint="numbers",
        rows="rows.json",
        expect_type="integer",
        expect_authentication="true",
        deployment="blue",
    )
    assert tested.code == 0, tested.log
    assert json.loads(tested.outputs["predictions"]) == [2, 4]
    assert "azureml" not in tested.outputs


def test_a_script_that_raises_leaves_what_serves_as_it_is(serving: Workplace) -> None:
    done = deploy(serving, "triple", environment_variables='{"RAISE_IN_INIT": "1"}')
    assert done.code == 42, done.log
    assert "the weights are for another model" in done.log
    assert "error MY042" in done.log
    assert served(serving) == DOUBLE_ON_BLUE
    assert done.log.count("the weights are for another model") == 2  # its line, and the exception
    assert "the weights are for another model" in kept_log(serving)


def test_the_first_deployment_that_fails_leaves_no_endpoint(place: Workplace) -> None:
    done = deploy(place, "double", environment_variables='{"RAISE_IN_INIT": "1"}')
    assert done.code == 42, done.log
    assert place.sdk("tell(left=[one.name for one in ml.online_endpoints.list()])").told == {
        "left": []
    }


def test_a_script_whose_import_fails_is_told_once_and_without_frames_of_the_server(
    serving: Workplace,
) -> None:
    done = deploy(serving, "triple", code="unmet")
    assert done.code == 42, done.log
    assert UNMET_SHOWN in done.log
    assert done.log.count("No module named") == 1
    assert "azureml_inference_server_http" not in done.log
    assert "imports a package that the environment doesn't have" in done.log
    assert served(serving) == DOUBLE_ON_BLUE
    assert "azureml_inference_server_http" in kept_log(serving)


@pytest.mark.parametrize(
    ("inputs", "message", "cause"),
    [
        ({"conda_file": "broken.yml"}, "no-such-package-anywhere", "can't be installed"),
        ({"conda_file": "bare.yml"}, "azureml_inference_server_http", "doesn't have"),
        (
            {"instance_type": "Standard_F32s_v2", "instance_count": "4"},
            "Not enough quota available for Standard_F32s_v2",
            "quota of cores",
        ),
    ],
)
def test_the_cause_is_shown_and_not_how_it_was_wrapped(
    serving: Workplace, inputs: dict[str, str], message: str, cause: str
) -> None:
    done = deploy(serving, "triple", **inputs)
    assert done.code == 42, done.log
    assert message in done.log
    assert cause in done.log
    assert '\\"' not in done.log
    assert "Traceback" not in done.log or "azureml_inference_server_http" in message
    assert served(serving) == DOUBLE_ON_BLUE


def test_a_smoke_test_that_fails_ends_it(serving: Workplace) -> None:
    done = deploy(serving, "triple", environment_variables='{"RAISE_IN_RUN": "always"}')
    assert done.code == 43, done.log
    assert done.log.count("ready with factor 3") == 1
    assert "ValueError: can't score this" in done.log
    assert "traffic: blue 80 %" not in done.log
    assert served(serving) == DOUBLE_ON_BLUE


def test_errors_while_traffic_moves_take_it_back(serving: Workplace) -> None:
    serving.fault(action="status", host="*.inference.*", status=500, skip=1, times=None)
    done = deploy(serving, "triple")
    serving.cloud.faults.clear()
    assert done.code == 44, done.log
    assert in_order(done.log, "traffic: blue 80 %, green 20 %", "traffic: blue 100 %")
    assert served(serving) == DOUBLE_ON_BLUE
    allowed = deploy(serving, "triple", max_latency_milliseconds="0.001")
    assert allowed.code == 44, allowed.log
    assert "in the median, over 0.001 ms" in allowed.log
    assert served(serving) == DOUBLE_ON_BLUE


def test_a_cancelled_job_takes_it_back(serving: Workplace) -> None:
    inputs = {**DEPLOY, "model": "triple:1", "watch_seconds": "60"}
    process = serving.start("model-deploy", **inputs)
    assert process.stdout is not None
    log = []
    for line in process.stdout:
        log.append(line)
        if "traffic: blue 80 %" in line:
            break
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    log.append(process.communicate(timeout=60)[0])
    assert process.returncode == 130, "".join(log)
    assert time.monotonic() - start < 30
    until(lambda: served(serving) == DOUBLE_ON_BLUE)


def test_a_killed_job_is_taken_back_by_the_release_step_or_the_next_run(
    serving: Workplace,
) -> None:
    inputs = {**DEPLOY, "model": "triple:1", "watch_seconds": "60", "traffic": "90"}
    for ending in ("release", "next"):
        process = serving.start("model-deploy", **inputs)
        assert process.stdout is not None
        assert any("traffic: blue 10 %" in line for line in process.stdout)
        process.kill()
        process.communicate(timeout=60)
        if ending == "release":
            command = serving.command("model-deploy", **inputs)
            command[3:4] = ["release", "model-deploy"]
            done = subprocess.run(
                command,
                cwd=serving.folder,
                env=serving.own_environment("model-deploy"),
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert served(serving) == DOUBLE_ON_BLUE
        else:
            done_again = deploy(serving, "triple")
            assert done_again.code == 0, done_again.log
            assert "(blue 10 %, green 90 %); all of it goes back to blue" in done_again.log
            assert served(serving)["answer"] == "[3, 6]"


def test_two_jobs_that_deploy_the_same_know_their_own(serving: Workplace) -> None:
    """The first is overtaken while it watches, and then cancelled: the second one's serves on."""
    inputs = {**DEPLOY, "model": "triple:1", "watch_seconds": "60"}
    first = serving.start("model-deploy", **inputs)
    assert first.stdout is not None
    assert any("traffic: blue 80 %" in line for line in first.stdout)
    first.send_signal(signal.SIGSTOP)
    second = deploy(serving, "triple")
    assert second.code == 0, second.log
    before = served(serving)
    assert (before["traffic"], before["answer"]) == ({"green": 100}, "[3, 6]")
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGCONT)
    log, _ = first.communicate(timeout=60)
    assert first.returncode == 143, log
    assert "another job's by now" in log
    assert served(serving) == before


def test_faults_while_it_waits_are_got_over(place: Workplace) -> None:
    slow = {"Retry-After": "0"}
    for status in (429, 503, 500):
        place.fault(action="status", path="*/mfeOperationsStatus/*", status=status, headers=slow)
    place.fault(action="reset", path="*/deployments/blue", method="PUT", when="after")
    done = deploy(place, "double")
    assert done.code == 0, done.log
    assert served(place) == DOUBLE_ON_BLUE
    place.sdk('ml.online_endpoints.begin_delete("numbers").result()')


def test_the_same_on_a_kubernetes_cluster(place: Workplace) -> None:
    unattached = deploy(place, "double", target="kubernetes", compute="aks")
    assert unattached.code == 14, unattached.log
    assert "has no compute aks" in unattached.log
    cluster = PATH.partition("/providers/")[0]
    cluster += "/providers/Microsoft.ContainerService/managedClusters/aks"
    place.sdk(f"""
        made = KubernetesCompute(name="aks", resource_id={cluster!r}, namespace="scoring")
        ml.compute.begin_create_or_update(made).result()
    """)
    done = deploy(place, "double", target="kubernetes", compute="aks")
    assert done.code == 0, done.log
    again = deploy(place, "double", target="kubernetes", compute="aks")
    assert again.outputs["action"] == "left-alone"
    other = deploy(place, "triple", target="kubernetes", compute="aks")
    assert (other.code, other.outputs["deployment"]) == (0, "green"), other.log
    assert "traffic: blue 80 %, green 20 %" in other.log
    managed = deploy(place, "double")
    assert managed.code == 2, managed.log
    assert "target is managed, and the endpoint numbers is on the cluster aks" in managed.log
    told = place.sdk("""
        found = ml.online_endpoints.get("numbers")
        try:
            ml.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
                name="blue", endpoint_name="numbers", model="azureml:double:1",
                instance_type="Standard_DS3_v2", instance_count=1,
            ))
        except Exception as error:
            tell(refused=str(error))
        tell(kind=type(found).__name__, compute=found.compute)
        tell(deployment=type(ml.online_deployments.get("green", "numbers")).__name__)
        tell(answer=ml.online_endpoints.invoke("numbers", request_file="rows.json"))
        ml.online_endpoints.begin_delete("numbers").result()
    """).told
    assert (
        "endpointComputeType is Managed, and the endpoint numbers is Kubernetes" in told["refused"]
    )
    assert told["kind"] == "KubernetesOnlineEndpoint"
    assert told["compute"].endswith("aks")
    assert told["deployment"] == "KubernetesOnlineDeployment"
    assert told["answer"] == "[3, 6]"


def test_what_is_wrong_is_said_before_anything_is_made(place: Workplace) -> None:
    before = writes_of(place)
    for code, change in (
        (2, {"traffic": "50\n20"}),
        (2, {"traffic": "half"}),
        (2, {"endpoint": "No Name"}),
        (2, {"conda_file": ""}),
        (2, {"settings": '{"model": "x"}'}),
        (3, {"scoring_script": "other.py"}),
        (14, {"model": "nobody:1"}),
        (14, {"workspace_name": "vino"}),
    ):
        done = deploy(place, "double", **change)
        assert done.code == code, done.log
        assert "Traceback" not in done.log
    assert writes_of(place) == before


def writes_of(place: Workplace) -> int:
    """Requests that changed something, tokens aside."""
    entries = place.cloud.requests.entries()
    return sum(
        1
        for one in entries
        if one.method in ("PUT", "DELETE") and one.host == "management.azure.com"
    )


def in_order(log: str, *parts: str) -> bool:
    at = 0
    for part in parts:
        found = log.find(part, at)
        assert found >= 0, f"{part!r} isn't there, or too early:\n{log}"
        at = found
    return True


def kept_log(place: Workplace) -> str:
    """What the new deployment has printed, as it was kept last."""
    kept = next((place.folder / "job").rglob("numbers-green*"), None)
    assert kept is not None
    files = [kept] if kept.is_file() else [one for one in kept.rglob("*") if one.is_file()]
    return "\n".join(one.read_text() for one in files)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        threading.Event().wait(0.2)
