"""Endpoints with servers that only pretend to run."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.images.reference import ImageReference
from modelyard.local.cloud.endpoints.exceptions import EndpointError
from modelyard.local.cloud.endpoints.models import Endpoints
from modelyard.local.cloud.endpoints.servers import LaunchFailed, Server, Stopping
from modelyard.local.cloud.endpoints.wishes import Wish
from modelyard.local.cloud.service import Cloud

A = Wish("wine", "sha256:" + "a" * 64, {}, None, None, "auto", 100)
B = dataclasses.replace(A, digest="sha256:" + "b" * 64)


class Pretended:
    """A Running of no process."""

    identity = "nothing"

    def __init__(self, image: str, log: list[str]) -> None:
        self.url = "http://127.0.0.1:1"
        self.image = image
        self.lives = True
        self._log = log

    def alive(self) -> bool:
        return self.lives

    def logs(self, most: int = 0) -> str:
        return f"log of {self.image}"

    def stop(self) -> None:
        self._log.append(f"stop {self.image}")
        self.lives = False


class Launcher:
    """Servers, of which those in ``failing`` don't come up."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.failing: set[str] = set()
        self.launched: list[Pretended] = []
        self.used: set[str] = set()
        self.closed = False

    def launch(self, name: str, image: ImageReference, deployment: Mapping[str, Any]) -> Server:
        if self.closed:
            raise Stopping
        letter = image.digest[7]
        self.log.append(f"start {letter}")
        if letter in self.failing:
            raise LaunchFailed("it ended", f"why {letter} ended")
        self.launched.append(Pretended(letter, self.log))
        return Server(self.launched[-1])

    def prune(self, digests: set[str]) -> None:
        self.used = {digest[7] for digest in digests}

    def close(self) -> None:
        self.closed = True

    def end_all(self) -> None:
        self.log.append("end all")


@pytest.fixture
def launcher() -> Launcher:
    return Launcher()


@pytest.fixture
def endpoints(cloud: Cloud, launcher: Launcher) -> Endpoints:
    return Endpoints(cloud, launcher)  # type: ignore[arg-type]


def answering(endpoints: Endpoints) -> str:
    """The image that answers the next request."""
    _, server = endpoints.pick("wine")
    server.end()
    return str(server.running.image)  # type: ignore[attr-defined]


def test_the_new_one_is_up_before_the_old_one_goes(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    assert endpoints.put("wine", A)
    assert not endpoints.put("wine", B)
    assert launcher.log == ["start a", "start b", "stop a"]
    assert answering(endpoints) == "b"
    assert launcher.used == {"b"}


def test_a_failure_changes_nothing_but_is_remembered(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    endpoints.put("wine", A)
    launcher.failing = {"b"}
    with pytest.raises(EndpointError) as failed:
        endpoints.put("wine", B)
    assert (failed.value.code, failed.value.logs) == (422, "why b ended")
    assert answering(endpoints) == "a"
    assert endpoints.get("wine")["failure"]["logs"] == "why b ended"
    assert endpoints.state("wine", "blue") == "Healthy"
    launcher.failing = set()
    endpoints.put("wine", B)
    assert endpoints.get("wine")["failure"] is None


def test_an_endpoint_that_never_served_is_not_kept(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    launcher.failing = {"a"}
    with pytest.raises(EndpointError):
        endpoints.put("wine", A)
    assert endpoints.names() == []


def test_another_canary_takes_the_place_of_the_first(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    c = dataclasses.replace(A, digest="sha256:" + "c" * 64, traffic=10)
    endpoints.put("wine", A)
    endpoints.put("wine", dataclasses.replace(B, traffic=10))
    endpoints.put("wine", c)
    assert launcher.log == ["start a", "start b", "start c", "stop b"]
    images = {one["digest"][7] for one in endpoints.get("wine")["deployments"].values()}
    assert images == {"a", "c"}


def test_a_server_that_ended_is_started_again_when_it_is_asked_for(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    endpoints.put("wine", A)
    launcher.launched[0].lives = False
    assert endpoints.state("wine", "blue") == "Unhealthy"
    endpoints.put("wine", A)
    assert launcher.log == ["start a", "start a", "stop a"]
    assert answering(endpoints) == "a"


def test_endpoints_of_an_earlier_life_come_up_or_say_why_not(
    cloud: Cloud, endpoints: Endpoints, launcher: Launcher
) -> None:
    endpoints.put("wine", A)
    again = Endpoints(cloud, launcher)  # type: ignore[arg-type]
    assert again.state("wine", "blue") == "Transitioning"
    with pytest.raises(EndpointError) as waiting:
        again.pick("wine")
    assert (waiting.value.code, waiting.value.retry_after) == (503, 5)
    launcher.failing = {"a"}
    again.restart("wine", "blue")
    assert again.state("wine", "blue") == "Failed"
    assert again.logs("wine") == "why a ended"
    launcher.failing = set()
    again.restart("wine", "blue")
    assert again.state("wine", "blue") == "Healthy"
    assert answering(again) == "a"


def test_stopping_stops_all_and_keeps_what_is_known(
    endpoints: Endpoints, launcher: Launcher
) -> None:
    endpoints.put("wine", A)
    endpoints.put("wine", dataclasses.replace(B, traffic=50))
    endpoints.stop()
    assert sorted(launcher.log[2:]) == ["end all", "stop a", "stop b"]
    assert endpoints.names() == ["wine"]
    endpoints.restart("wine", "blue")  # too late: the cloud stops
    assert len(launcher.launched) == 2


def test_a_request_under_way_is_waited_for(endpoints: Endpoints, launcher: Launcher) -> None:
    endpoints.put("wine", A)
    _, server = endpoints.pick("wine")
    updating = threading.Thread(target=endpoints.put, args=("wine", B))
    updating.start()
    while "start b" not in launcher.log:
        threading.Event().wait(0.001)
    assert launcher.launched[0].lives
    server.end()
    updating.join(10)
    assert launcher.log[-1] == "stop a"


def test_both_keys_fit_and_a_renewed_one_no_more(endpoints: Endpoints) -> None:
    endpoints.put("wine", A)
    keys = endpoints.get("wine")["keys"]
    assert endpoints.key_fits("wine", keys["primary"])
    assert endpoints.key_fits("wine", keys["secondary"])
    assert not endpoints.key_fits("wine", "")
    assert not endpoints.key_fits("wine", keys["primary"] + "x")
    endpoints.renew_key("wine", "primary")
    assert not endpoints.key_fits("wine", keys["primary"])
    assert endpoints.key_fits("wine", keys["secondary"])


def test_removing_stops_everything(endpoints: Endpoints, launcher: Launcher) -> None:
    endpoints.put("wine", A)
    endpoints.remove("wine")
    assert launcher.log == ["start a", "stop a"]
    assert launcher.used == set()
    for call in (endpoints.remove, endpoints.get, endpoints.pick):
        with pytest.raises(EndpointError) as gone:
            call("wine")
        assert gone.value.code == 404
