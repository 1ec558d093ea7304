"""Trying what was deployed: by its own name, with a key that nothing shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests_mock as mocking

from modelyard.context import Context
from modelyard.endpoints import rows
from modelyard.endpoints.scoring import DEPLOYMENT
from modelyard.endpoints.watching import Watch
from modelyard.errors import EndpointTestFailed
from modelyard.operations.deployments import trying
from modelyard.operations.deployments.rollout import Expected, Rollout
from modelyard.operations.model_deploy import OPERATION
from unit.conftest import RecordingCI

URL = "https://wine.example/score"
ROWS = rows.read([{"alcohol": 9.4}, {"alcohol": 9.8}])
ROLLOUT = Rollout(
    steps=(),
    watch=Watch(0, 1, 0, None),
    rows=ROWS,
    expected=Expected(None, "number"),
    timeout=60,
)
Make = Callable[..., Context]


def test_a_key_is_masked_and_none_is_nothing_to_mask(
    make_context: Make, recording_ci: RecordingCI
) -> None:
    context = make_context(OPERATION)
    assert trying.masked("", context) == ""
    assert trying.masked("key-of-wine", context) == "key-of-wine"
    assert recording_ci.masks == ["key-of-wine"]


def test_one_deployment_is_asked_and_its_answer_judged(
    requests_mock: mocking.Mocker, make_context: Make
) -> None:
    scored = requests_mock.post(URL, json=[5.1, 5.2])
    context = make_context(OPERATION)
    trying.smoke_test("green", URL, "key", ROWS, ROLLOUT, context, deployment="green")
    assert scored.last_request.headers[DEPLOYMENT] == "green"
    assert scored.last_request.headers["Authorization"] == "Bearer key"
    requests_mock.post(URL, json=[5.1])
    with pytest.raises(EndpointTestFailed):
        trying.smoke_test("green", URL, "key", ROWS, ROLLOUT, context)
