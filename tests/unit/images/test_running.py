"""Waiting until a server serves."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
import requests_mock

from modelyard.clock import FakeClock
from modelyard.errors import DeploymentFailed
from modelyard.images import running


class Server:
    """A Running that lives for so many looks."""

    url = "http://127.0.0.1:4711"
    identity = "process 1"

    def __init__(self, looks: int = 1000, log: str = "") -> None:
        self.looks = looks
        self.log = log

    def alive(self) -> bool:
        self.looks -= 1
        return self.looks >= 0

    def logs(self, most: int = 0) -> str:
        return self.log

    def stop(self) -> None:
        """Nothing runs."""


def test_it_waits_through_refused_connections_and_errors(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    answers = [{"exc": requests.ConnectionError}, {"status_code": 503}, {"status_code": 200}]
    asked = requests_mock.get("http://127.0.0.1:4711/ping", answers)
    running.wait_until_ready(Server(), clock=clock)
    assert asked.call_count == 3


def test_a_server_that_ends_is_not_waited_for(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("http://127.0.0.1:4711/ping", exc=requests.ConnectionError)
    with pytest.raises(DeploymentFailed, match="No module named sklearn") as failed:
        running.wait_until_ready(Server(2, "ModuleNotFoundError: No module named sklearn"),
                                 clock=clock)  # fmt: skip
    assert "ended before it served" in failed.value.what
    assert len(clock.slept) == 2


def test_somebody_elses_answer_does_not_count(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("http://127.0.0.1:4711/ping", text="I took the port")
    with pytest.raises(DeploymentFailed, match="it printed nothing"):
        running.wait_until_ready(Server(0), clock=clock)


def test_the_wait_has_an_end_and_shows_the_log(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("http://127.0.0.1:4711/ping", status_code=500)
    with pytest.raises(DeploymentFailed, match="loading") as failed:
        running.wait_until_ready(Server(log="loading the model"), clock=clock, timeout=30)
    assert "GET /ping didn't answer 200" in failed.value.cause
    assert sum(clock.slept) == pytest.approx(30)


def test_the_end_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert running.end_of_file(path, 10) == ""
    path.write_bytes(b"\xff\xfe" + b"x" * 20 + b"end")
    assert running.end_of_file(path, 5) == "xxend"
    assert running.end_of_file(path, 100).endswith("end")
