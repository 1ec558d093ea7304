"""While traffic moves: who answered, how often wrongly, how fast."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.deployment_errors import TrafficFailed
from modelyard.endpoints import scoring
from modelyard.endpoints.rows import Rows
from modelyard.endpoints.scoring import DEPLOYMENT
from modelyard.endpoints.watching import Watch, watch

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
    watch(URL, "key", ROWS, "green", Watch(**{**given, **changes}), one_number, clock=clock)


def one_number(answer: scoring.Answer) -> None:
    scoring.check(answer, count=1, kind="number")


def test_requests_are_spread_over_the_time(requests_mock: mocking.Mocker) -> None:
    clock = FakeClock()
    requests_mock.post(URL, [answer("blue"), answer("green")])
    look(clock)
    assert requests_mock.call_count == 5
    assert clock.slept == [2.0] * 5
    named = [request.headers.get(DEPLOYMENT) for request in requests_mock.request_history]
    assert named == ["green", None, "green", None, "green"]
    assert requests_mock.last_request.headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize("status", [424, 429])
def test_the_first_error_too_many_ends_it_and_none_is_repeated(
    requests_mock: mocking.Mocker, status: int
) -> None:
    requests_mock.post(URL, [answer("green"), answer("green", status), answer("green")])
    with pytest.raises(TrafficFailed, match="green answered 1 of 2 requests with an error"):
        look(FakeClock())
    assert requests_mock.call_count == 2


def test_so_many_errors_may_be(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("green", 503), answer("green")])
    look(FakeClock(), max_error_percent=20)
    requests_mock.post(URL, [answer("green", 503), answer("green", 503), answer("green")])
    with pytest.raises(TrafficFailed, match="green answered 2 of 2 requests"):
        look(FakeClock(), max_error_percent=20)
    assert requests_mock.call_count == 7  # three good ones can't make up for two


def test_the_errors_are_a_part_of_its_own_answers(requests_mock: mocking.Mocker) -> None:
    answers = [answer("blue"), answer("blue"), answer("green"), answer("green", 500)]
    requests_mock.post(URL, answers)
    with pytest.raises(TrafficFailed, match="green answered 1 of 2 requests"):
        look(FakeClock(), requests=4, max_error_percent=40)
    requests_mock.post(URL, answers)
    look(FakeClock(), requests=4, max_error_percent=50)


def test_one_that_gives_no_good_answer_fails(requests_mock: mocking.Mocker) -> None:
    requests_mock.post(URL, [answer("blue")])
    with pytest.raises(TrafficFailed, match="green gave no good answer to 5 requests") as caught:
        look(FakeClock())
    assert "asked by name" in caught.value.cause
    requests_mock.post(URL, [answer("green", 500)])
    with pytest.raises(TrafficFailed, match="no good answer to 5 requests; the last error: "):
        look(FakeClock(), max_error_percent=100)


@pytest.mark.parametrize("body", [{"error": "boom"}, ["1"], [1, 2], []])
def test_a_200_that_is_not_what_was_asked_for_is_an_error(
    requests_mock: mocking.Mocker, body: Any
) -> None:
    requests_mock.post(URL, [answer("green") | {"json": body}])
    with pytest.raises(TrafficFailed, match="green answered 1 of 1 requests with an error"):
        look(FakeClock())


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
