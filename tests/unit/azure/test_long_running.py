"""Changes are followed until Azure says how they ended."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azure.long_running import OperationFailed, change
from modelyard.clock import FakeClock
from modelyard.errors import NotTheService, WaitTimeout
from modelyard.http import Session

BASE = "https://management.azure.com"
THING, OPERATION = f"{BASE}/thing", f"{BASE}/operations/1?api-version=x"
VERSION = {"api-version": "2024-10-01"}
ASYNC = {"Azure-AsyncOperation": OPERATION}


@pytest.fixture
def session() -> Session:
    return Session(BASE, clock=FakeClock(), seed=1)


def put(session: Session, **more: Any) -> dict[str, Any]:
    return change(
        session, "PUT", "/thing", {"a": 1}, what="thing x", timeout=60, version=VERSION, **more
    )


def test_it_waits_and_gives_what_there_is_then(
    session: Session, requests_mock: mocking.Mocker
) -> None:
    requests_mock.put(THING, status_code=201, headers=ASYNC, json={})
    states = [{"status": "Accepted"}, {"status": "Provisioning"}, {"status": "Succeeded"}]
    requests_mock.get(OPERATION, [{"json": one} for one in states])
    requests_mock.get(THING, json={"id": "thing"})
    assert put(session) == {"id": "thing"}


def test_polls_that_are_refused_or_lost_are_repeated(
    session: Session, requests_mock: mocking.Mocker
) -> None:
    requests_mock.put(THING, status_code=201, headers=ASYNC, json={})
    bad: list[dict[str, Any]] = [{"status_code": 429}, {"status_code": 500}, {"status_code": 503}]
    requests_mock.get(OPERATION, [*bad, {"json": {"status": "Succeeded"}}])
    requests_mock.get(THING, json={})
    put(session)


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_failure_shows_every_cause(
    session: Session, requests_mock: mocking.Mocker, state: str
) -> None:
    requests_mock.put(THING, status_code=201, headers=ASYNC, json={})
    details = [{"code": "A", "message": "no cores"}, {"code": "B", "message": "no disk"}]
    error = {"code": "BadRequest", "message": "The request is invalid.", "details": details}
    requests_mock.get(OPERATION, json={"status": state, "error": error})
    with pytest.raises(OperationFailed, match="no cores") as caught:
        put(session)
    assert caught.value.causes == ("no cores", "no disk")
    assert state in caught.value.what


def test_without_an_operation_the_state_in_the_answer_counts(
    session: Session, requests_mock: mocking.Mocker
) -> None:
    requests_mock.get(THING, json={})
    requests_mock.put(THING, json={"properties": {"provisioningState": "Succeeded"}})
    put(session)
    requests_mock.put(THING, json={"properties": {"provisioningState": "Failed"}})
    with pytest.raises(OperationFailed):
        put(session)


def test_a_delete_is_over_when_its_location_is(
    session: Session, requests_mock: mocking.Mocker
) -> None:
    location = f"{BASE}/results/1"
    requests_mock.delete(THING, status_code=202, headers={"Location": location})
    polled = requests_mock.get(location, [{"status_code": 202}, {"status_code": 404}])
    assert change(session, "DELETE", "/thing", what="thing x", timeout=60, version=VERSION) == {}
    assert polled.call_count == 2


def test_it_does_not_wait_for_ever_and_takes_no_web_page(
    session: Session, requests_mock: mocking.Mocker
) -> None:
    requests_mock.put(THING, status_code=201, headers=ASYNC, json={})
    requests_mock.get(OPERATION, json={"status": "InProgress"})
    with pytest.raises(WaitTimeout, match="thing x is still InProgress"):
        put(session)
    requests_mock.get(OPERATION, text="<html>sign in</html>")
    with pytest.raises(NotTheService):
        put(session)
