from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.context import Context
from modelyard.errors import EndpointTestFailed, InputError, NotFound
from modelyard.operations import endpoint_test
from modelyard.operations.endpoint_test import OPERATION, Inputs

URL = "https://wine.example/score"
CLOUD = "http://127.0.0.1:9999"
ROWS = [{"alcohol": 9.4}, {"alcohol": 9.8}]
Make = Callable[..., Context]


def inputs(**changes: Any) -> Inputs:
    values: dict[str, Any] = {"scoring_url": URL, "rows": ROWS, "expect_type": "number"}
    return Inputs(**{**values, **changes})


def test_outputs_and_summary_tell_what_came_back(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    requests_mock.post(URL, json={"predictions": [5.1, 5.2123456789]})
    endpoint_test.run(inputs(), make_context(OPERATION))
    assert recording_ci.outputs["count"] == "2"
    assert json.loads(recording_ci.outputs["predictions"]) == [5.1, 5.2123456789]
    assert len(requests_mock.request_history) == 5
    assert f"| `{URL}` | 2 of 2 scored | " in recording_ci.summaries[0]
    assert "First predictions: `[5.1, 5.21235]`" in recording_ci.summaries[0]


def test_the_predictions_are_set_also_when_the_check_fails(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    requests_mock.post(URL, json={"predictions": [5.1, None]})
    with pytest.raises(EndpointTestFailed, match="prediction 2"):
        endpoint_test.run(inputs(), make_context(OPERATION))
    assert json.loads(recording_ci.outputs["predictions"]) == [5.1, None]
    assert recording_ci.outputs["scoring-url"] == URL


def test_the_output_is_json_also_where_the_answer_is_not(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    requests_mock.post(URL, text='[NaN, {"low": -Infinity, "all": [1.5, NaN]}]')
    with pytest.raises(EndpointTestFailed, match="prediction 1 is nan, which is no number that J"):
        endpoint_test.run(inputs(), make_context(OPERATION))
    told = recording_ci.outputs["predictions"]
    assert json.loads(told, parse_constant=pytest.fail) == [None, {"low": None, "all": [1.5, None]}]


def test_the_key_of_a_local_endpoint_is_looked_up_and_masked(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    url = f"{CLOUD}/endpoints/wine/invocations"
    body = {"name": "wine", "state": "Healthy", "image": "x", "scoring_uri": url}
    requests_mock.get(f"{CLOUD}/modelyard/endpoints/wine", json=body)
    requests_mock.post(f"{CLOUD}/modelyard/endpoints/wine/keys", json={"primaryKey": "k3y-k3y"})
    scored = requests_mock.post(url, json={"predictions": [1, 2]})
    endpoint_test.run(
        inputs(
            target="local",
            endpoint="wine",
            local_cloud_url=CLOUD,
            local_cloud_token="a-token-of-this-test",
            key="of-another-endpoint",
        ),
        make_context(OPERATION),
    )
    assert "k3y-k3y" in recording_ci.masks
    assert scored.last_request.headers["Authorization"] == "Bearer k3y-k3y"


@pytest.mark.parametrize(
    ("there", "hint", "cause"),
    [
        (["wines", "other"], "endpoint wine (did you mean wines?)", "it has wines, other"),
        ([], "endpoint wine", "it has none at all"),
    ],
)
def test_a_missing_local_endpoint_is_named_and_those_that_exist_are_too(
    requests_mock: mocking.Mocker, make_context: Make, there: list[str], hint: str, cause: str
) -> None:
    requests_mock.get(f"{CLOUD}/modelyard/endpoints/wine", status_code=404, json={})
    listed = {"endpoints": [{"name": name} for name in there]}
    requests_mock.get(f"{CLOUD}/modelyard/endpoints", json=listed)
    with pytest.raises(NotFound) as error:
        endpoint_test.run(
            inputs(
                target="local", endpoint="wine", local_cloud_url=CLOUD, local_cloud_token="token"
            ),
            make_context(OPERATION),
        )
    assert error.value.what == f"the local cloud has no {hint}"
    assert error.value.cause == cause
    assert error.value.fix == (
        "name one of them" if there else "deploy a model with target local first"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scoring_url": None}, "target url needs scoring-url"),
        ({"target": "local"}, "target local needs the name"),
        ({"requests": 0}, "requests is 0"),
        ({"timeout_seconds": -1.0}, "timeout-seconds is -1"),
        ({"timeout_seconds": 0.0}, "timeout-seconds is 0"),
        ({"timeout_seconds": 1e308}, "timeout-seconds is 1e"),
        ({"expect_count": -1}, "expect-count is -1"),
        ({"max_latency_milliseconds": -1.0}, "max-latency-milliseconds is -1"),
        ({"max_latency_milliseconds": math.nan}, "max-latency-milliseconds is nan"),
        *(
            ({"target": one, "endpoint": "../../x"}, "endpoint is '../../x'")
            for one in ("local", "managed", "aks")
        ),
        ({"target": "managed", "endpoint": "wi"}, "endpoint is 'wi'"),
    ],
)
def test_what_names_nothing_to_test_is_refused(
    make_context: Make, requests_mock: mocking.Mocker, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        endpoint_test.run(inputs(**changes), make_context(OPERATION))
    assert not requests_mock.request_history


def test_an_endpoint_that_others_made_may_have_capitals(
    requests_mock: mocking.Mocker, make_context: Make
) -> None:
    requests_mock.get(f"{CLOUD}/modelyard/endpoints/Wine-2", status_code=404, json={})
    requests_mock.get(f"{CLOUD}/modelyard/endpoints", json={"endpoints": []})
    named = inputs(target="local", endpoint="Wine-2", local_cloud_url=CLOUD, local_cloud_token="t")
    with pytest.raises(NotFound):
        endpoint_test.run(named, make_context(OPERATION))
