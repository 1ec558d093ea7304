from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.context import Context
from modelyard.endpoints import local
from modelyard.errors import DeploymentFailed, InputError, ReadOnly
from modelyard.operations import model_deploy
from modelyard.operations.model_deploy import OPERATION, Inputs

CLOUD = "http://127.0.0.1:9999"
ADDRESS = f"{CLOUD}/modelyard/endpoints/wine-staging"
OLD, NEW = (f"127.0.0.1:9999/wine@sha256:{digit * 64}" for digit in "12")
Make = Callable[..., Context]


def inputs(**changes: Any) -> Inputs:
    values: dict[str, Any] = {
        "target": "local",
        "endpoint": "wine-staging",
        "image": NEW,
        "local_cloud_url": CLOUD,
        "local_cloud_token": "a-token-of-this-test",
    }
    return Inputs(**{**values, **changes})


def endpoint(image: str, state: str = "Healthy") -> dict[str, str]:
    url = f"{CLOUD}/endpoints/wine-staging/invocations"
    return {"name": "wine-staging", "state": state, "image": image, "scoring_uri": url}


def test_a_new_endpoint_is_created(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any
) -> None:
    requests_mock.get(ADDRESS, status_code=404, json={"message": "no such endpoint"})
    put = requests_mock.put(ADDRESS, json=endpoint(NEW))
    outputs = model_deploy.run(inputs(), make_context(OPERATION))
    assert put.last_request.json()["image"] == NEW
    assert outputs.action == "created"
    url = f"{CLOUD}/endpoints/wine-staging/invocations"
    assert outputs.scoring_url == url
    [told] = recording_ci.summaries
    assert f"| wine-staging | `{url}` | created |" in told
    assert f"It serves `{NEW}`" in told


def test_the_local_target_has_no_steps_of_traffic(
    requests_mock: mocking.Mocker, make_context: Make
) -> None:
    with pytest.raises(InputError, match="its traffic has no steps"):
        model_deploy.run(inputs(traffic=("10", "50")), make_context(OPERATION))
    requests_mock.get(ADDRESS, json=endpoint(NEW))
    assert model_deploy.run(inputs(traffic=("100",)), make_context(OPERATION)).action


def test_another_image_is_an_update(requests_mock: mocking.Mocker, make_context: Make) -> None:
    requests_mock.get(ADDRESS, json=endpoint(OLD))
    requests_mock.put(ADDRESS, json=endpoint(NEW))
    outputs = model_deploy.run(inputs(), make_context(OPERATION))
    assert (outputs.action, outputs.image) == ("updated", NEW)


def test_the_same_image_is_left_alone(requests_mock: mocking.Mocker, make_context: Make) -> None:
    requests_mock.get(ADDRESS, json=endpoint(NEW))
    outputs = model_deploy.run(inputs(), make_context(OPERATION))
    assert outputs.action == "left-alone"
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_the_same_image_that_is_ill_is_deployed_again(
    requests_mock: mocking.Mocker, make_context: Make
) -> None:
    requests_mock.get(ADDRESS, json=endpoint(NEW, state="Failed"))
    requests_mock.put(ADDRESS, json=endpoint(NEW))
    assert model_deploy.run(inputs(), make_context(OPERATION)).action == "updated"


def test_a_server_that_does_not_come_up_fails_and_names_what_goes_on_serving(
    requests_mock: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="modelyard")
    requests_mock.get(ADDRESS, json=endpoint(OLD))
    requests_mock.put(
        ADDRESS,
        status_code=422,
        json={"error": {"code": "DeploymentFailed", "message": "no module named sklearn"}},
    )
    with pytest.raises(DeploymentFailed, match="no module named sklearn"):
        model_deploy.run(inputs(), make_context(OPERATION))
    assert f"goes on serving {OLD}" in caplog.text


@pytest.mark.parametrize("exists", [True, False])
def test_a_dry_run_writes_nothing(
    requests_mock: mocking.Mocker,
    make_context: Make,
    caplog: pytest.LogCaptureFixture,
    exists: bool,
) -> None:
    caplog.set_level("INFO", logger="modelyard")
    answer: dict[str, Any] = {"json": endpoint(OLD)} if exists else {"status_code": 404}
    requests_mock.get(ADDRESS, **answer)
    model_deploy.run(inputs(dry_run=True), make_context(OPERATION))
    assert {request.method for request in requests_mock.request_history} == {"GET"}
    assert ("would be updated" if exists else "would be created") in caplog.text


def test_the_dry_runs_session_refuses_a_write(make_context: Make) -> None:
    context = make_context(OPERATION)
    session = local.connect(CLOUD, "token", clock=context.clock, read_only=True)
    with pytest.raises(ReadOnly):
        local.deploy(session, "wine-staging", NEW)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"image": "127.0.0.1:9999/wine:latest"}, "isn't pinned"),
        ({"image": "wine@sha256:12"}, "isn't pinned"),
        ({"endpoint": "Wine_Staging"}, "endpoint is 'Wine_Staging'"),
        ({"endpoint": "../admin"}, "endpoint is"),
        ({"local_cloud_url": None}, "needs a local cloud"),
        ({"local_cloud_token": None}, "needs a local cloud"),
    ],
)
def test_what_can_not_work_is_refused_before_any_call(
    requests_mock: mocking.Mocker, make_context: Make, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        model_deploy.run(inputs(**changes), make_context(OPERATION))
    assert not requests_mock.called
