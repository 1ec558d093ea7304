"""The smoke test of a workspace: what is sent, and what isn't taken for success."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml import connection
from modelyard.azureml.smoke import log_one_value
from modelyard.clock import FakeClock
from modelyard.errors import PermissionDenied, ServiceError
from modelyard.http import Session

BASE = "https://westeurope.api.azureml.ms"
PLACE = connection.place("00000000-0000-0000-0000-000000000000", "group", "wine")


def answers(mock: mocking.Mocker, *, status: str = "Completed", value: Any = 45.0) -> None:
    history = f"{BASE}/history/v1.0{PLACE.path}"
    start = f"{history}/experiments/smoke%20test"
    mock.register_uri(mocking.ANY, mocking.ANY, json={})
    mock.post(start, json={})
    mock.get(f"{start}/runs/{ID}", json={"status": status})
    rows = [] if value is None else [{"data": {"smoke": value}}]
    mock.post(f"{BASE}/metric/v2.0{PLACE.path}/runs/{ID}/full", json={"value": rows})


ID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(autouse=True)
def _known_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.azureml.smoke.uuid.uuid4", lambda: ID)


def logged() -> str:
    session = Session(BASE, clock=FakeClock(), seed=1)
    return log_one_value(session, PLACE, "smoke test", 45.0, FakeClock()).id


def events(mock: mocking.Mocker) -> list[str]:
    found = [one.json()["name"] for one in mock.request_history if one.path.endswith("/events")]
    return [name.rsplit(".", 1)[-1] for name in found]


def test_a_run_logs_a_value_and_ends(requests_mock: mocking.Mocker) -> None:
    answers(requests_mock)
    assert logged() == ID
    assert events(requests_mock) == ["Start", "Completed"]
    sent = next(one for one in requests_mock.request_history if one.path.endswith("/batch"))
    assert sent.json()["values"][0]["value"][0]["data"] == {"smoke": 45.0}


@pytest.mark.parametrize("status", ["Running", "Failed", "Canceled", "Unheard"])
def test_any_other_end_is_an_error(requests_mock: mocking.Mocker, status: str) -> None:
    answers(requests_mock, status=status)
    with pytest.raises(ServiceError, match=status):
        logged()


@pytest.mark.parametrize("value", [None, 44.0])
def test_a_value_that_is_lost_is_an_error(requests_mock: mocking.Mocker, value: Any) -> None:
    answers(requests_mock, value=value)
    with pytest.raises(ServiceError, match="was sent"):
        logged()


def test_a_refused_call_ends_the_run_too(requests_mock: mocking.Mocker) -> None:
    answers(requests_mock)
    batch = f"{BASE}/metric/v2.0{PLACE.path}/runs/{ID}/batch"
    error = {"error": {"code": "Forbidden", "message": "no right to write metrics"}}
    requests_mock.post(batch, status_code=403, json=error)
    with pytest.raises(PermissionDenied, match="no right to write metrics"):
        logged()
    assert events(requests_mock) == ["Start", "Failed"]
