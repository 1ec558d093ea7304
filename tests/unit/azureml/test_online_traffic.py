"""A change of traffic changes nothing else of an endpoint."""

from __future__ import annotations

import pytest
import requests_mock as mocking

from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.azureml.marks import PROVEN
from modelyard.azureml.online import OnlineEndpoint
from modelyard.azureml.online_traffic import set_traffic, told
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.http import Session

ARM = "https://management.azure.com"
PLACE = Place("s", "g", "wine")
KEPT = {
    "authMode": "Key",
    "description": "the wines",
    "properties": {"a": "b"},
    "compute": f"{PLACE.path}/computes/aks",
    "publicNetworkAccess": "Disabled",
}


@pytest.mark.parametrize("proven", ["blue", ""])
def test_all_else_is_written_as_it_was(
    requests_mock: mocking.Mocker, clock: FakeClock, proven: str
) -> None:
    session = Session(
        ARM, clock=clock, credential=StaticToken("a-token-of-this-test"), read_only=False
    )
    read = {
        "location": "westeurope",
        "kind": "K8S",
        "tags": {"team": "wine", PROVEN: "green"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"one": {"clientId": "c"}}},
        "properties": {
            **KEPT,
            "scoringUri": "https://wine.example/score",
            "provisioningState": "Succeeded",
            "traffic": {"green": 100},
            "mirrorTraffic": {"blue": 10},
        },
    }
    address = f"{ARM}{online.path_of(PLACE, 'wine')}"
    asked = requests_mock.put(address, json={"properties": {"provisioningState": "Succeeded"}})
    shares = {"blue": 90, "green": 10}
    endpoint = OnlineEndpoint("wine", read)
    set_traffic(session, PLACE, endpoint, shares, proven=proven, timeout=60)
    assert asked.last_request is not None
    assert asked.last_request.json() == {
        "location": "westeurope",
        "kind": "K8S",
        "tags": {"team": "wine", **({PROVEN: "blue"} if proven else {})},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"one": {}}},
        "properties": {**KEPT, "traffic": shares, "mirrorTraffic": {}},
    }
    assert told(shares) == "blue 90 %, green 10 %"
