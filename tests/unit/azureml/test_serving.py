from __future__ import annotations

import requests_mock as mocking

from modelyard.azureml import serving
from modelyard.azureml.connection import Place
from modelyard.azureml.serving import MANAGED, Serving
from modelyard.clock import FakeClock
from modelyard.credentials import Anonymous
from modelyard.http import Session

ARM = "https://management.azure.com"
PLACE = Place("s", "g", "wine")
REGISTRY = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


def test_an_environment_of_a_registry_goes_to_the_service_as_it_is(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    model = {"id": "the-model", "name": "1"}
    requests_mock.get(f"{ARM}{PLACE.path}/models/wine/versions/1", json=model)
    session = Session(ARM, clock=clock, credential=Anonymous(), read_only=False)
    wanted = Serving(MANAGED, "wine:1", environment=REGISTRY)
    planned = serving.plan(session, PLACE, wanted)
    assert planned.environment == REGISTRY
    body = serving.body(session, PLACE, wanted, planned, origin="o", location="westeurope")
    assert body["properties"]["environmentId"] == REGISTRY
