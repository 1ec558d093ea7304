"""While traffic moves: who answered, how often wrongly, how fast."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.deployment_errors import TrafficFailed
from modelyard.endpoints.rows import Rows
from modelyard.endpoints.watching import DEPLOYMENT, Watch, watch

URL = "https://numbers.example/score"
ROWS = Rows({"data": [1]}, 1)


def answer(by: str, status: int = 200) -> dict[str, Any]:
    return {"status_code": status, "json": [1], "headers": {DEPLOYMENT: by} if by else {}}


def look(clock: FakeClock, **changes: Any) -> None:
    given: dict[str, Any] = {
        "seconds": 10.0,
        "requests": 5,
        "max_error_percent": 0.0,
        "max_latency_milliseconds": None,
    }
    watch(URL, "key", ROWS, "green", Watch(**{**given, **changes}), clock=clock)


def test_requests_are_spread_over_the_time(requests_mock: mocking.Mocker) -> None:
    clock = FakeClock()
    requests_mock.post(URL, [answer("blue"), answer("green")])
    look(clock)
    assert requests_mock.call_count == 5
    assert clock.slept == [2.0] * 5
    assert requests_mock.last_request.headers["Authorization"] == "Bearer key"


def test_the_first_error_too_many_ends_it_and_none_is_repeated(
    requests_mock: mocking.Mocker,
) -> None:
    requests_mock.post(URL, [answer("green"), answer("green", 424), answer("green")])
    with pytest.raises(TrafficFailed, match="green answered 1 of 2 requests with an error"):
        look(FakeClock())
    assert requests_mock.call_count == 2


def test_so_many_errors_may_be(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("green", 503), answer("green")])
    look(FakeClock(), max_error_percent=20)
    requests_mock.post(URL, [answer("green", 503), answer("green", 503), answer("green")])
    with pytest.raises(TrafficFailed):
        look(FakeClock(), max_error_percent=20)


def test_errors_of_the_old_one_are_not_the_new_ones(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("blue", 500), answer("green")])
    look(FakeClock())


def test_an_error_that_names_nobody_counts(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("", 502)])
    with pytest.raises(TrafficFailed, match="502"):
        look(FakeClock())


class Slow(FakeClock):
    """Every request takes a second."""

    def monotonic(self) -> float:
        self.advance(0.5)
        return super().monotonic()


def test_a_slow_one_fails_by_its_median(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("green")])
    look(Slow(), max_latency_milliseconds=600)
    with pytest.raises(TrafficFailed, match="green takes 500 ms in the median, over 400 ms"):
        look(Slow(), max_latency_milliseconds=400)
