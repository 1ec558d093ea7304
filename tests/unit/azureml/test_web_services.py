"""The calls that deploy a web service, and what is made of their answers."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import web_services
from modelyard.azureml.connection import Place
from modelyard.azureml.web_services import WebService
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.errors import NotTheService, ReadOnly, ServiceError, UnknownState
from modelyard.http import Session

API = "https://westeurope.api.azureml.ms"
PLACE = Place("s", "g", "wine")
BASE = f"{API}/modelmanagement/v1.0{PLACE.path}"
SERVICE = {"name": "wine", "computeType": "ACI", "state": "Healthy", "scoringUri": "http://x/score"}


def session(clock: FakeClock, *, read_only: bool = False) -> Session:
    token = StaticToken("a-token-of-this-test")
    return Session(API, clock=clock, credential=token, read_only=read_only)


def test_a_service_is_deployed_when_its_operation_and_itself_say_so(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    where = {"Operation-Location": f"/api/modelmanagement/v1.0{PLACE.path}/operations/op-1"}
    requests_mock.post(f"{BASE}/services", status_code=202, json=SERVICE, headers=where)
    states = [{"json": {"state": one}} for one in ("NotStarted", "Running", "Succeeded")]
    requests_mock.get(f"{BASE}/operations/op-1", states)
    requests_mock.get(f"{BASE}/services/wine", json={**SERVICE, "authEnabled": True})
    made = web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)
    assert (made.state, made.uses_key, made.scoring_url) == ("Healthy", True, "http://x/score")


@pytest.mark.parametrize("state", ["Failed", "Cancelled", "TimedOut"])
def test_a_failed_operation_tells_the_innermost_cause(
    requests_mock: mocking.Mocker, clock: FakeClock, state: str
) -> None:
    where = {"Operation-Location": "/operations/op-1"}
    requests_mock.post(f"{BASE}/services", status_code=202, json=SERVICE, headers=where)
    cause = {"code": "CrashLoopBackOff", "message": "the container crashed"}
    error = {"code": "AciDeploymentFailed", "message": "It failed.", "details": [cause]}
    requests_mock.get(f"{BASE}/operations/op-1", json={"state": state, "error": error})
    with pytest.raises(OperationFailed, match="the container crashed"):
        web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)


def test_a_state_that_nobody_knows_fails_at_once(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    where = {"Operation-Location": "/operations/op-1"}
    requests_mock.post(f"{BASE}/services", status_code=202, json=SERVICE, headers=where)
    requests_mock.get(f"{BASE}/operations/op-1", json={"state": "Sleeping"})
    with pytest.raises(UnknownState, match="'Sleeping' of service wine"):
        web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)


def test_an_operation_that_succeeded_is_not_a_healthy_service(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    where = {"Operation-Location": "/operations/op-1"}
    requests_mock.post(f"{BASE}/services", status_code=202, json=SERVICE, headers=where)
    requests_mock.get(f"{BASE}/operations/op-1", json={"state": "Succeeded"})
    requests_mock.get(f"{BASE}/services/wine", json={**SERVICE, "state": "Unhealthy"})
    with pytest.raises(OperationFailed, match="is Unhealthy"):
        web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)


def test_a_lost_answer_is_not_sent_again(requests_mock: mocking.Mocker, clock: FakeClock) -> None:
    """A second POST would overwrite, or find the name taken."""
    requests_mock.post(f"{BASE}/services", status_code=503)
    with pytest.raises(ServiceError):
        web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)
    assert requests_mock.call_count == 1


def test_a_dry_run_deploys_nothing(requests_mock: mocking.Mocker, clock: FakeClock) -> None:
    with pytest.raises(ReadOnly):
        web_services.deploy(session(clock, read_only=True), PLACE, {"name": "w"}, timeout=60)
    assert not requests_mock.called


@pytest.mark.parametrize(
    ("uses_key", "uses_token", "call", "answer", "key"),
    [
        (True, False, "listkeys", {"primaryKey": "k1", "secondaryKey": "k2"}, "k1"),
        (False, True, "token", {"accessToken": "t"}, "t"),
        (False, False, "", {}, ""),
    ],
)
def test_the_key_the_token_or_nothing(
    requests_mock: mocking.Mocker,
    clock: FakeClock,
    uses_key: bool,
    uses_token: bool,
    call: str,
    answer: dict[str, Any],
    key: str,
) -> None:
    if call:
        requests_mock.post(f"{BASE}/services/wine/{call}", json=answer)
    service = WebService("wine", "AKS", "Healthy", "http://x", uses_key, uses_token, {})
    assert web_services.key(session(clock), PLACE, service) == key


def test_files_go_where_the_artifact_service_says(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    path = f"{API}/artifact/v2.0{PLACE.path}/artifacts/batch/metadata/LocalUpload/box"
    signed = "https://account.blob.core.windows.net/azureml/LocalUpload/box/main.py?sig=abc"
    content = {"main.py": {"contentUri": signed}}
    requests_mock.post(path, json={"artifactContentInformation": content})
    put = requests_mock.put(signed, status_code=201)
    address = web_services.upload(session(clock), PLACE, "box", "main.py", b"x = 1")
    assert address == "aml://artifact/LocalUpload/box/main.py"
    assert put.last_request.body == b"x = 1"
    assert "Authorization" not in put.last_request.headers  # the signature is enough


def test_answers_that_say_too_little(requests_mock: mocking.Mocker, clock: FakeClock) -> None:
    requests_mock.post(f"{BASE}/services", status_code=202, json=SERVICE)
    with pytest.raises(NotTheService, match="names no operation"):
        web_services.deploy(session(clock), PLACE, {"name": "wine"}, timeout=60)
    requests_mock.get(f"{BASE}/services/gone", status_code=404, json={"error": {"code": "x"}})
    assert web_services.find(session(clock), PLACE, "gone") is None
    requests_mock.get(f"{BASE}/services/gone/logs", status_code=404, json={})
    assert web_services.logs(session(clock), PLACE, "gone") == ""


def test_a_service_is_deleted_where_there_is_one(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    gone = requests_mock.delete(f"{BASE}/services/wine", [{"json": {}}, {"status_code": 404}])
    for _ in range(2):
        web_services.delete(session(clock), PLACE, "wine")
    assert gone.call_count == 2
