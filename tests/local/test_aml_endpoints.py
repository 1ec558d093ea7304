"""Online endpoints with the real SDK: real servers, keys and tokens, traffic, logs, failures."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local import serving_project
from local.aml_workplace import MISSING, Workplace, pip_settings
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
HOST = "numbers.westeurope.inference.ml.azure.com"
MAKE = """
def deployment(name, model="double", **more):
    given = dict(
        name=name, endpoint_name="numbers", model=f"azureml:{model}:1",
        environment=Environment(image="mcr.microsoft.com/azureml/any", conda_file="conda.yml"),
        code_configuration=CodeConfiguration(code="code", scoring_script="score.py"),
        instance_type="Standard_DS3_v2", instance_count=1,
    )
    return ManagedOnlineDeployment(**{**given, **more})
def deploy(name, model="double", **more):
    made = deployment(name, model, **more)
    return ml.online_deployments.begin_create_or_update(made).result()
def traffic(mirror=None, **shares):
    endpoint = ml.online_endpoints.get("numbers")
    endpoint.traffic, endpoint.mirror_traffic = shares, mirror or {}
    ml.online_endpoints.begin_create_or_update(endpoint).result()
def failure(do):
    try:
        do()
    except Exception as error:
        return str(error)
    return "done"
"""


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workspace with two models, an endpoint and two deployments, made by the SDK."""
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    done = made.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert done.code == 0, done.log
    made.sdk(
        MAKE
        + """
for name in ("double", "triple"):
    ml.models.create_or_update(Model(name=name, path=name))
ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="numbers")).result()
deploy("blue")
deploy("green", "triple", request_settings=OnlineRequestSettings(request_timeout_ms=1000))
traffic(blue=100)
"""
    )
    return made


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


class Client:
    """Somebody who scores, through the cloud's proxy."""

    def __init__(self, place: Workplace) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.proxies = {"https": place.cloud.url}
        self.session.verify = place.environment["REQUESTS_CA_BUNDLE"]

    def score(self, key: str, rows: list[Any], host: str = HOST, **headers: str) -> Any:
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return self.session.post(
            f"https://{host}/score", json={"data": rows}, headers=headers, timeout=60
        )


@pytest.fixture(scope="module")
def client(place: Workplace) -> Client:
    return Client(place)


@pytest.fixture(scope="module")
def key(place: Workplace) -> str:
    told = place.sdk('tell(key=ml.online_endpoints.get_keys("numbers").primary_key)').told
    return str(told["key"])


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        threading.Event().wait(0.05)


def test_the_sdk_invokes_lists_and_reads_logs(place: Workplace) -> None:
    told = place.sdk(
        MAKE
        + """
found = ml.online_endpoints.get("numbers")
tell(url=found.scoring_uri, traffic=found.traffic, state=found.provisioning_state)
tell(answer=ml.online_endpoints.invoke("numbers", request_file="rows.json"))
tell(green=ml.online_endpoints.invoke(
    "numbers", request_file="rows.json", deployment_name="green"
))
tell(names=[one.name for one in ml.online_deployments.list("numbers")])
tell(endpoints=[one.name for one in ml.online_endpoints.list()])
tell(log=ml.online_deployments.get_logs("green", "numbers", 50))
tell(size=ml.online_deployments.get("blue", "numbers").instance_type)
"""
    ).told
    assert told["url"] == f"https://{HOST}/score"
    assert (told["traffic"]["blue"], told["state"]) == (100, "Succeeded")
    assert (told["answer"], told["green"]) == ("[2, 4]", "[3, 6]")
    assert (told["names"], told["endpoints"]) == (["blue", "green"], ["numbers"])
    assert "ready with factor 3" in told["log"]
    assert "scored 2" in told["log"]
    assert told["size"] == "Standard_DS3_v2"


def test_only_keys_come_in_and_renewed_ones(place: Workplace, client: Client, key: str) -> None:
    assert client.score(key, [1]).json() == [2]
    assert client.score("", [1]).status_code == 401
    assert client.score("wrong", [1]).status_code == 401
    told = place.sdk("""
        ml.online_endpoints.begin_regenerate_keys("numbers", key_type="secondary").result()
        keys = ml.online_endpoints.get_keys("numbers")
        tell(primary=keys.primary_key, secondary=keys.secondary_key)
    """).told
    assert told["primary"] == key
    assert client.score(told["secondary"], [1]).status_code == 200


def test_tokens_expire(place: Workplace, client: Client) -> None:
    told = place.sdk(
        MAKE
        + """
made = ManagedOnlineEndpoint(name="tokens", auth_mode="aml_token")
ml.online_endpoints.begin_create_or_update(made).result()
deploy("blue", endpoint_name="tokens")
found = ml.online_endpoints.get("tokens")
found.traffic = {"blue": 100}
ml.online_endpoints.begin_create_or_update(found).result()
tell(token=ml.online_endpoints.get_keys("tokens").access_token)
"""
    ).told
    host = HOST.replace("numbers", "tokens")
    assert client.score(told["token"], [1], host).json() == [2]
    expires, _, signature = told["token"].partition(".")
    assert client.score(f"{int(expires) + 9}.{signature}", [1], host).status_code == 401
    advance = place.cloud.clock.advance  # type: ignore[attr-defined]
    advance(3700)
    assert client.score(told["token"], [1], host).status_code == 401


def test_traffic_is_split_and_mirrored_as_it_says(
    place: Workplace, client: Client, key: str
) -> None:
    place.sdk(MAKE + "traffic(blue=75, green=25)")
    answers = [client.score(key, [1]) for _ in range(100)]
    assert Counter(one.json()[0] for one in answers) == {2: 75, 3: 25}
    by = {(one.headers["azureml-model-deployment"], one.json()[0]) for one in answers}
    assert by == {("blue", 2), ("green", 3)}
    place.sdk(MAKE + "traffic(blue=100, mirror=dict(green=50))")

    def scored() -> int:
        log = place.cloud.folder / "aml/logs/numbers.green.log"
        return log.read_text().count("scored 3")

    before = scored()
    assert {client.score(key, [1, 1, 1]).json()[0] for _ in range(100)} == {2}
    until(lambda: scored() == before + 50)
    told = place.sdk(
        MAKE
        + """
tell(sum=failure(lambda: traffic(blue=90)), nobody=failure(lambda: traffic(red=100)))
tell(both=failure(lambda: traffic(blue=100, mirror=dict(blue=10))))
tell(served=failure(lambda: ml.online_deployments.begin_delete("blue", "numbers").result()))
traffic(blue=100)
"""
    ).told
    assert "has to be 0 or 100" in told["sum"]
    assert "not a deployment" in told["nobody"]
    assert "can't go to a deployment that has traffic" in told["both"]
    assert "set it to 0" in told["served"]


def test_a_model_that_raises_is_too_slow_or_dies(client: Client, key: str) -> None:
    raised = client.score(key, ["raise"])
    assert raised.status_code == 424
    assert raised.headers["ms-azureml-model-error-statuscode"] == "500"
    green = {"azureml-model-deployment": "green"}
    assert client.score(key, ["slow"], **green).status_code == 408
    assert client.score(key, [1], **{"azureml-model-deployment": "red"}).status_code == 404
    until(lambda: client.score(key, [1], **green).status_code == 200)
    died = client.score(key, ["die"])
    assert died.status_code in (424, 502)
    until(lambda: client.score(key, [1]).status_code == 200)


def test_what_does_not_come_up_says_why(place: Workplace) -> None:
    told = place.sdk(
        MAKE
        + """
tell(init=failure(lambda: deploy("red", environment_variables=dict(RAISE_IN_INIT="1"))))
tell(log=ml.online_deployments.get_logs("red", "numbers", 50))
tell(state=ml.online_deployments.get("red", "numbers").provisioning_state)
def with_conda(file):
    environment = Environment(image="mcr.microsoft.com/azureml/any", conda_file=file)
    return failure(lambda: deploy("red", environment=environment))
tell(packages=with_conda("broken.yml"), bare=with_conda("bare.yml"))
tell(quota=failure(lambda: deploy("big", instance_type="Standard_F32s_v2", instance_count=4)))
tell(size=failure(lambda: deploy("big", instance_type="Standard_Q1")))
ml.online_deployments.begin_delete("red", "numbers").result()
tell(names=[one.name for one in ml.online_deployments.list("numbers")])
"""
    ).told
    assert "User container has crashed" in told["init"]
    assert "the weights are for another model" in told["log"]
    assert told["state"] == "Failed"
    assert "no-such-package-anywhere" in told["packages"]
    assert "User container has crashed" in told["bare"]
    assert "Not enough quota available for Standard_F32s_v2" in told["quota"]
    assert "instance type Standard_Q1 is not supported" in told["size"]
    assert told["names"] == ["blue", "green"]


def test_it_serves_again_after_the_cloud_was_stopped(tmp_path: Path) -> None:
    serving_project.write(tmp_path, own_version())
    folder = tmp_path / "cloud"
    with LocalCloud(folder, services=CLOUD_SERVICES) as cloud:
        made = Workplace(cloud, program_environment(cloud.environment), tmp_path)
        made.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
        key = made.sdk(
            MAKE
            + """
ml.models.create_or_update(Model(name="double", path="double"))
ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="numbers")).result()
deploy("blue")
traffic(blue=100)
tell(key=ml.online_endpoints.get_keys("numbers").primary_key)
"""
        ).told["key"]
    with LocalCloud(folder, services=CLOUD_SERVICES) as cloud:
        client = Client(Workplace(cloud, program_environment(cloud.environment), tmp_path))
        until(lambda: client.score(key, [4]).status_code == 200)
        assert client.score(key, [4]).json() == [8]
