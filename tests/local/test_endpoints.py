"""Scoring endpoints: real servers behind an address, replaced without a gap."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from docker_engine import RUNNERS, docker
from modelyard import images
from modelyard.clock import SystemClock
from modelyard.images import reference, registry
from modelyard.images.building import build_contents
from modelyard.images.layout import Layout
from modelyard.local.cloud import running as cloud_state
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import load_or_create
from tiny_image import contents

CLOUD_SERVICES = ("entra", "registry", "endpoints")
CLOCK = SystemClock()
Json = dict[str, Any]
MANAGE = "/modelyard/endpoints"
GUARD = b"guard.py"  # stands beside each child and ends it with its cloud


class Client:
    """A cloud, and a session with its token."""

    def __init__(self, cloud: LocalCloud | OtherCloud) -> None:
        self.cloud = cloud
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = cloud.environment["DATABRICKS_TOKEN"]

    def manage(self, method: str, path: str = "", body: Json | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.cloud.url}{MANAGE}{path}"
        return self.session.request(method, url, json=body, headers=headers, timeout=120)

    def put(self, name: str, image: str, **more: Any) -> requests.Response:
        return self.manage("PUT", f"/{name}", {"image": image, **more})

    def key(self, name: str) -> str:
        return str(self.manage("POST", f"/{name}/keys").json()["primaryKey"])

    def score(self, name: str, key: str = "", body: Json | None = None, **headers: str) -> Any:
        if key:
            headers["Authorization"] = f"Bearer {key}"
        url = f"{self.cloud.url}/endpoints/{name}/invocations"
        return self.session.post(
            url, json={"instances": [1]} if body is None else body, headers=headers, timeout=60
        )

    def who(self, name: str, key: str) -> str:
        return str(self.score(name, key).json()["predictions"][0])


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Two images, ``a`` and ``b``, each predicting its own name."""
    folder = tmp_path_factory.mktemp("images")
    for who in ("a", "b"):
        what = contents(folder / who, who)
        build_contents(what, engine="oci", base="host", tags=[f"tiny:{who}"], out=folder / "out")
    return Layout(folder / "out")


def push(cloud: LocalCloud | OtherCloud, layout: Layout, who: str) -> str:
    """The name of the image in the cloud's registry, pinned."""
    name = reference.parse(f"{cloud.url.removeprefix('http://')}/tiny:{who}")
    target = registry.connect(name, clock=CLOCK, write=True)
    return str(name.at(registry.push(target, layout, layout.manifest(f"tiny:{who}"), who)))


@pytest.fixture(scope="module")
def client(cloud: LocalCloud) -> Client:
    return Client(cloud)


@pytest.fixture(scope="module")
def a(cloud: LocalCloud, layout: Layout) -> str:
    return push(cloud, layout, "a")


@pytest.fixture(scope="module")
def b(cloud: LocalCloud, layout: Layout) -> str:
    return push(cloud, layout, "b")


@pytest.fixture
def wine(client: Client) -> Iterator[str]:
    """The name of an endpoint that is removed afterwards."""
    yield "wine"
    client.manage("DELETE", "/wine")
    assert client.cloud.failures == []


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        threading.Event().wait(0.05)


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_endpoint_serves_is_replaced_and_removed(
    client: Client, a: str, b: str, wine: str, runner: str
) -> None:
    created = client.put(wine, a, runner=runner)
    assert created.status_code == 201, created.text
    shown = created.json()
    assert (shown["state"], shown["image"]) == ("Healthy", a)
    assert shown["scoring_uri"] == f"{client.cloud.url}/endpoints/{wine}/invocations"
    key = client.key(wine)
    answer = client.score(wine, key, {"instances": [1, 2, 3]}).json()
    assert answer["predictions"] == ["a", "a", "a"]
    assert answer["path"] == "/invocations"
    assert answer["authorization"] is None  # the key is the endpoint's affair
    assert answer["user"] == (65534 if runner == "docker" else os.getuid())
    assert client.put(wine, b, runner=runner).status_code == 200
    assert client.who(wine, key) == "b"
    assert "scored 1" in client.manage("GET", f"/{wine}/logs").json()["logs"]
    assert client.manage("DELETE", f"/{wine}").status_code == 200
    assert client.score(wine, key).status_code == 404
    assert client.manage("GET", f"/{wine}").status_code == 404


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_deployment_that_fails_leaves_the_old_one_serving(
    client: Client, a: str, b: str, wine: str, runner: str
) -> None:
    client.put(wine, a, runner=runner)
    key = client.key(wine)
    failed = client.put(wine, b, runner=runner, environment={"FAIL": "model.bin is missing"})
    assert failed.status_code == 422
    assert failed.json()["error_code"] == "DEPLOYMENT_FAILED"
    assert "model.bin is missing" in failed.json()["logs"]
    assert client.who(wine, key) == "a"
    shown = client.manage("GET", f"/{wine}").json()
    assert (shown["state"], shown["image"]) == ("Healthy", a)
    assert shown["failure"]["image"] == b
    assert "model.bin is missing" in shown["failure"]["logs"]
    assert client.put(wine, b, runner=runner).status_code == 200
    assert "failure" not in client.manage("GET", f"/{wine}").json()


def test_the_first_deployment_of_an_endpoint_may_fail_too(client: Client, a: str) -> None:
    failed = client.put("stillborn", a, runner="process", environment={"FAIL": "no way"})
    assert failed.status_code == 422
    assert "no way" in failed.json()["message"]
    assert client.manage("GET", "/stillborn").status_code == 404


def test_requests_are_answered_all_the_time_while_it_is_replaced(
    client: Client, a: str, b: str, wine: str
) -> None:
    client.put(wine, a, runner="process")
    key = client.key(wine)
    seen: list[tuple[int, str]] = []
    stop = threading.Event()

    def ask() -> None:
        mine = Client(client.cloud)
        while not stop.is_set():
            answer = mine.score(wine, key)
            seen.append((answer.status_code, str(answer.json().get("predictions"))))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        until(lambda: len(seen) > 5)
        assert client.put(wine, b, runner="process").status_code == 200
        count = len(seen)
        until(lambda: len(seen) > count + 5)
    finally:
        stop.set()
        asking.join()
    assert {status for status, _ in seen} == {200}
    assert {who for _, who in seen} == {"['a']", "['b']"}


def test_the_same_again_changes_nothing(client: Client, a: str, wine: str) -> None:
    client.put(wine, a, runner="process", environment={"X": "1"})
    key = client.key(wine)
    first = client.manage("GET", f"/{wine}").json()["deployments"]
    again = client.put(wine, a, runner="process", environment={"X": "1"}).json()
    assert again["deployments"] == first
    assert client.key(wine) == key
    other = client.put(wine, a, runner="process", environment={"X": "2"}).json()
    assert other["deployments"].keys() != first.keys()


def test_a_canary_gets_its_share_and_can_be_taken_back(
    client: Client, a: str, b: str, wine: str
) -> None:
    client.put(wine, a, runner="process")
    key = client.key(wine)
    shown = client.put(wine, b, runner="process", traffic=20).json()
    assert {one["image"]: one["traffic"] for one in shown["deployments"].values()} == {a: 80, b: 20}
    assert shown["image"] == a
    assert Counter(client.who(wine, key) for _ in range(100)) == {"a": 80, "b": 20}
    back = client.put(wine, a, runner="process").json()
    assert [one["image"] for one in back["deployments"].values()] == [a]
    assert Counter(client.who(wine, key) for _ in range(10)) == {"a": 10}


def test_a_deployment_without_traffic_can_be_tried_by_its_name(
    client: Client, a: str, b: str, wine: str
) -> None:
    client.put(wine, a, runner="process")
    key = client.key(wine)
    shown = client.put(wine, b, runner="process", traffic=0).json()
    [green] = [slot for slot, one in shown["deployments"].items() if one["image"] == b]
    header = {"azureml-model-deployment": green}
    tried = client.score(wine, key, **header)
    assert tried.json()["predictions"] == ["b"]
    assert tried.headers["azureml-model-deployment"] == green
    assert Counter(client.who(wine, key) for _ in range(20)) == {"a": 20}
    assert client.score(wine, key, **{"azureml-model-deployment": "red"}).status_code == 400
    promoted = client.put(wine, b, runner="process").json()
    assert (promoted["image"], promoted["main"]) == (b, green)
    assert client.who(wine, key) == "b"


def test_scoring_needs_a_key_and_managing_a_token(client: Client, a: str, wine: str) -> None:
    client.put(wine, a, runner="process")
    key = client.key(wine)
    assert client.score(wine).status_code == 401
    assert client.score(wine, "wrong").status_code == 401
    assert client.score(wine, client.token).status_code == 401
    both = client.manage("POST", f"/{wine}/keys").json()
    assert client.score(wine, both["secondaryKey"]).status_code == 200
    ping = client.session.get(f"{client.cloud.url}/endpoints/{wine}/ping", timeout=10)
    assert ping.status_code == 200
    renewed = client.manage("POST", f"/{wine}/keys/regenerate", {"keyType": "Primary"}).json()
    assert renewed["secondaryKey"] == both["secondaryKey"]
    assert client.score(wine, key).status_code == 401
    assert client.score(wine, renewed["primaryKey"]).status_code == 200
    url = f"{client.cloud.url}{MANAGE}/{wine}"
    assert client.session.get(url, timeout=10).status_code == 401
    stranger = {"Authorization": f"Bearer {key}"}
    assert client.session.get(url, headers=stranger, timeout=10).status_code == 403
    shown = client.manage("GET", f"/{wine}").text
    assert renewed["primaryKey"] not in shown


def test_values_of_variables_are_not_shown(client: Client, a: str, wine: str) -> None:
    shown = client.put(wine, a, runner="process", environment={"PASSWORD": "hidden-word"})
    assert "PASSWORD" in shown.text
    assert "hidden-word" not in shown.text
    assert "hidden-word" not in client.manage("GET").text


def test_a_server_that_dies_is_started_again(client: Client, a: str, wine: str) -> None:
    client.put(wine, a, runner="process")
    key = client.key(wine)
    died = client.score(wine, key, {"die": True})
    assert (died.status_code, died.headers["Retry-After"]) == (503, "5")
    until(lambda: client.score(wine, key).status_code == 200)
    assert client.manage("GET", f"/{wine}").json()["state"] == "Healthy"


def test_the_page_lists_what_is_there(client: Client, a: str, wine: str) -> None:
    client.put(wine, a, runner="process")
    page = client.session.get(f"{client.cloud.url}/endpoints", timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    for text in (wine, a, "Healthy", f"/endpoints/{wine}/invocations"):
        assert text in page.text
    assert client.key(wine) not in page.text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"image": "x.io/wine@sha256:" + "0" * 64}, "not in this local cloud's registry"),
        ({}, "image is required"),
        ({"image": "A"}, "is not an image reference"),
        ({"traffic": 101}, "traffic has to be a number from 0 to 100"),
        ({"traffic": 50}, "gets all the traffic"),
        ({"traffic": 0.5}, "traffic has to be a whole number"),
        ({"cpu": "1"}, "cpu has to be a number"),
        ({"runner": "k8s"}, "runner has to be one of"),
        ({"environment": {"A": 1}}, "environment"),
        ({"environment": {"A B": "1"}}, "environment"),
        ({"cpus": 1}, "Unknown field 'cpus'"),
    ],
)
def test_a_wish_that_makes_no_sense_is_named(
    client: Client, a: str, body: Json, named: str
) -> None:
    whole = body if "image" in body or not body else {"image": a, **body}
    answer = client.manage("PUT", "/nonsense", whole)
    assert answer.status_code == 400
    assert named in answer.json()["message"]


@pytest.mark.parametrize("name", ["A", "a", "1abc", "a" * 33, "a_b", "abc-"])
def test_names_have_a_form(client: Client, a: str, name: str) -> None:
    answer = client.put(name, a)
    assert answer.status_code == 400
    assert "is not a name of an endpoint" in answer.json()["message"]


def test_an_image_that_is_not_pinned_is_refused(client: Client, a: str) -> None:
    answer = client.put("loose", a.partition("@")[0] + ":a")
    assert answer.status_code == 400
    assert "write" in answer.json()["message"]


def test_an_image_that_is_not_there_is_a_failed_deployment(client: Client, a: str) -> None:
    answer = client.put("absent", a[:-4] + "0000", runner="process")
    assert answer.status_code == 422
    assert "MANIFEST_UNKNOWN" in answer.json()["message"]


def test_the_registrys_own_name_means_the_same_image(client: Client, a: str, wine: str) -> None:
    other = f"modelyardlocal.azurecr.io/tiny@{a.partition('@')[2]}"
    assert client.put(wine, other, runner="process").json()["image"] == a


def running_apps(folder: Path) -> list[str]:
    """Scoring servers of images that are unpacked below the folder."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = one.read_bytes()
            if f"{folder}/".encode() in command and b"app.py" in command and GUARD not in command:
                found.append(one.parent.name)
        except OSError:
            continue
    return found


def test_endpoints_come_back_with_the_cloud_and_leave_nothing_running(
    layout: Layout, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    with LocalCloud(state, services=CLOUD_SERVICES) as first:
        before = Client(first)
        before.put("kept", push(first, layout, "a"), runner="process")
        before.put("kept", push(first, layout, "b"), runner="process", traffic=0)
        key = before.key("kept")
        assert len(running_apps(state)) == 2
    assert running_apps(state) == []
    with LocalCloud(state, services=CLOUD_SERVICES) as second:
        after = Client(second)
        assert second.status()["services"]["endpoints"]["endpoints"] == 1
        until(lambda: len(running_apps(state)) == 2)
        until(lambda: after.score("kept", key).status_code == 200)
        assert after.who("kept", key) == "a"
        assert str(second.url) in after.manage("GET", "/kept").json()["scoring_uri"]
        until(lambda: {one["state"] for one in
                       after.manage("GET", "/kept").json()["deployments"].values()}
              == {"Healthy"})  # fmt: skip
        second.reset()
        assert after.manage("GET").json() == {"endpoints": []}
        assert running_apps(state) == []
        assert second.failures == []


class OtherCloud:
    """A cloud in a process of its own, for being killed."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "modelyard", "local", "up", "--state", str(state)]
        self._process = subprocess.Popen(
            [*command, "--services", ",".join(CLOUD_SERVICES)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        try:
            until(lambda: cloud_state.running(state) is not None)
            found = cloud_state.running(state)
            assert found is not None
        except BaseException:
            self.kill()
            raise
        self.url = found.url
        self.environment = {"DATABRICKS_TOKEN": load_or_create(state).databricks_token}
        self.failures: list[str] = []

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def test_a_killed_cloud_takes_its_servers_along(layout: Layout, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = OtherCloud(state)
    try:
        Client(first).put("kept", push(first, layout, "a"), runner="process")
        assert len(running_apps(state)) == 1
    finally:
        first.kill()
    until(lambda: running_apps(state) == [])
    with LocalCloud(state, services=CLOUD_SERVICES) as second:
        client = Client(second)
        until(lambda: client.manage("GET", "/kept").json()["state"] == "Healthy")
    assert running_apps(state) == []


@docker
def test_containers_that_a_killed_cloud_left_are_removed_by_the_next(
    layout: Layout, tmp_path: Path
) -> None:
    def containers() -> set[str]:
        listed = ["docker", "ps", "--quiet", "--filter", "label=io.modelyard.cloud"]
        shown = subprocess.run(listed, capture_output=True, text=True, check=True)
        return set(shown.stdout.split())

    elsewhere = containers()
    state = tmp_path / "state"
    first = OtherCloud(state)
    try:
        created = Client(first).put("kept", push(first, layout, "a"), runner="docker")
        assert created.status_code == 201, created.text
    finally:
        first.kill()
    left = containers() - elsewhere
    assert len(left) == 1
    with LocalCloud(state, services=CLOUD_SERVICES) as second:
        assert not left & containers()
        client = Client(second)
        until(lambda: client.manage("GET", "/kept").json()["state"] == "Healthy")
    assert containers() <= elsewhere


@docker
def test_an_image_that_docker_pushed_is_served(client: Client, wine: str, tmp_path: Path) -> None:
    host = client.cloud.url.removeprefix("http://")
    what = contents(tmp_path / "app", "from docker")
    built = build_contents(what, engine="docker", base="host", tags=[f"{host}/by-docker:1"])
    try:
        pinned = images.push(built, clock=CLOCK)
        assert client.put(wine, str(pinned), runner="process").status_code == 201
        assert client.who(wine, client.key(wine)) == "from docker"
    finally:
        remove = ["docker", "image", "rm", "--force", built.digest]
        subprocess.run(remove, capture_output=True, check=True)
