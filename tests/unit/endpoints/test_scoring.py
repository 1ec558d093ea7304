from __future__ import annotations

import json
import math
from typing import Any

import pytest
import requests_mock

from modelyard.clock import FakeClock
from modelyard.endpoints import rows, scoring
from modelyard.errors import (
    EndpointTestFailed,
    InputError,
    NotTheService,
    ServiceUnavailable,
    Unauthenticated,
)

URL = "https://wine.example/score"
TWO = rows.read([{"a": 1}, {"a": 2}])


def answer(*predictions: Any) -> scoring.Answer:
    return scoring.Answer((predictions,), (0.01,))


def test_sends_rows_and_key_and_returns_the_predictions(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    requests_mock.post(URL, json={"predictions": [5.5, 6.0]})
    got = scoring.score(URL, TWO, clock=clock, key="k3y-of-the-endpoint")
    assert list(got.predictions) == [5.5, 6.0]
    sent = requests_mock.last_request
    assert sent is not None
    assert sent.json() == TWO.body
    assert sent.headers["Authorization"] == "Bearer k3y-of-the-endpoint"


def test_the_latency_is_the_median_of_the_requests(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    pauses = iter([0.3, 0.02, 0.04])

    def reply(request: Any, context: Any) -> dict[str, Any]:
        clock.advance(next(pauses))
        return {"predictions": [1, 2]}

    requests_mock.post(URL, json=reply)
    got = scoring.score(URL, TWO, clock=clock, requests=3)
    assert got.median_milliseconds == pytest.approx(40)


def test_rows_the_model_refuses_are_a_failed_test(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    requests_mock.post(
        URL, status_code=400, json={"error_code": "BAD_REQUEST", "message": "no column alcohol"}
    )
    with pytest.raises(EndpointTestFailed, match="no column alcohol"):
        scoring.score(URL, TWO, clock=clock)


@pytest.mark.parametrize(
    ("status", "error"), [(500, EndpointTestFailed), (502, ServiceUnavailable)]
)
def test_a_script_that_raises_has_failed_and_a_server_that_is_gone_is_not_there(
    requests_mock: requests_mock.Mocker, clock: FakeClock, status: int, error: type[Exception]
) -> None:
    requests_mock.post(URL, status_code=status, text="see the log")
    with pytest.raises(error, match="see the log"):
        scoring.score(URL, TWO, clock=clock)


def test_a_wrong_key_is_named_as_such(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    requests_mock.post(URL, status_code=401, json={"message": "who are you"})
    with pytest.raises(Unauthenticated):
        scoring.score(URL, TWO, clock=clock, key="wrong-key-wrong-key")


def test_a_page_is_no_prediction(requests_mock: requests_mock.Mocker, clock: FakeClock) -> None:
    requests_mock.post(URL, text="\n<html>sign in</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(NotTheService, match="<html>sign in") as caught:
        scoring.score(URL, TWO, clock=clock)
    assert caught.value.fix.startswith("use the scoring URL")


@pytest.mark.parametrize(
    "document", [[1, 2], {"predictions": [1, 2]}, {"result": [1, 2]}, {"results": [1, 2], "a": 0}]
)
def test_predictions_may_stand_in_a_text_that_the_script_made_of_them(
    requests_mock: requests_mock.Mocker, clock: FakeClock, document: Any
) -> None:
    for body in (document, json.dumps(document)):
        requests_mock.post(URL, json=body)
        assert scoring.score(URL, TWO, clock=clock).predictions == [1, 2]
    requests_mock.post(URL, json=json.dumps(json.dumps(document)))
    with pytest.raises(EndpointTestFailed):
        scoring.score(URL, TWO, clock=clock)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"outputs": [1]}', '{"outputs": [1]}'),
        ('"{\\"error\\": \\"no column\\"}"', "no column"),
        ('"see <the log>"', "see <the log>"),
        ("5", "predictions: 5"),
        ("null", "null"),
        ('{"predictions": 5}', "5"),
        ("", "nothing"),
        ("done", "done"),
        ("[1,", "[1,"),
        ("[" * 100_000, "[["),
        ('{"predictions": [1', '{"predictions": [1'),
    ],
)
def test_an_answer_without_predictions_fails_and_is_told(
    requests_mock: requests_mock.Mocker, clock: FakeClock, text: str, told: str
) -> None:
    requests_mock.post(URL, text=text)
    with pytest.raises(EndpointTestFailed) as caught:
        scoring.score(URL, TWO, clock=clock)
    assert told in caught.value.what
    assert "azuredatabricks" not in str(list(caught.value.lines()))


def test_an_address_without_scheme_is_refused(clock: FakeClock) -> None:
    with pytest.raises(InputError):
        scoring.score("wine.example/score", TWO, clock=clock)


def test_too_few_predictions_fail() -> None:
    with pytest.raises(EndpointTestFailed, match="3 predictions were expected, 2 came back"):
        scoring.check(answer(1, 2), count=3, kind="any")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("number", 1.5, "1.5"),
        ("number", 2, True),
        ("number", 0.0, None),
        ("number", 10**400, math.nan),
        ("number", 1.0, math.inf),
        ("integer", 2, 2.0),
        ("integer", 0, False),
        ("text", "red", 1),
        ("list", [1], {"a": 1}),
    ],
)
def test_the_type_of_every_prediction_is_checked(kind: scoring.Kind, good: Any, bad: Any) -> None:
    scoring.check(answer(good, good), count=2, kind=kind)
    with pytest.raises(EndpointTestFailed, match="prediction 2"):
        scoring.check(answer(good, bad), count=2, kind=kind)


def test_every_answer_is_checked(requests_mock: requests_mock.Mocker, clock: FakeClock) -> None:
    requests_mock.post(URL, [{"json": one} for one in ([1, 2], ["1", 2], [1], [1, 2])])
    got = scoring.score(URL, TWO, clock=clock, requests=4)
    with pytest.raises(EndpointTestFailed, match=r"prediction 1 is '1'.*request 2 of 4"):
        scoring.check(got, count=2, kind="number")
    with pytest.raises(EndpointTestFailed, match="request 3 of 4"):
        scoring.check(got, count=2, kind="any")


def test_slower_than_allowed_fails() -> None:
    scoring.check_latency(answer(1), 10.0)
    scoring.check_latency(answer(1), None)
    with pytest.raises(EndpointTestFailed, match="10 ms, over 9 ms"):
        scoring.check_latency(answer(1), 9)


@pytest.mark.parametrize("status", [401, 403])
def test_an_endpoint_that_wants_a_key_passes(
    requests_mock: requests_mock.Mocker, clock: FakeClock, status: int
) -> None:
    requests_mock.post(URL, status_code=status, json={})
    scoring.check_refuses_strangers(URL, TWO, clock=clock)
    assert "Authorization" not in requests_mock.request_history[0].headers


def test_an_endpoint_that_serves_strangers_fails(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    requests_mock.post(URL, json={"predictions": [1, 2]})
    with pytest.raises(EndpointTestFailed, match="without a key"):
        scoring.check_refuses_strangers(URL, TWO, clock=clock)


def test_an_endpoint_that_is_broken_for_strangers_refuses_nobody(
    requests_mock: requests_mock.Mocker, clock: FakeClock
) -> None:
    requests_mock.post(URL, status_code=500, json={})
    with pytest.raises(ServiceUnavailable):
        scoring.check_refuses_strangers(URL, TWO, clock=clock)
