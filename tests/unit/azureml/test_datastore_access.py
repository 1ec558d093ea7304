"""The signed address of a datastore's container."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qs, urlsplit

import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.azureml.datastores import access
from modelyard.clock import FakeClock
from modelyard.credentials import Anonymous
from modelyard.http import Session

ARM, PLACE = "https://management.azure.com", Place("s", "g", "wine")
STORE = f"{ARM}{PLACE.path}/datastores/days"


def test_a_signature_from_a_key_lasts_for_an_hour(
    requests_mock: mocking.Mocker, clock: FakeClock
) -> None:
    properties = {"datastoreType": "AzureBlob", "accountName": "wine", "containerName": "days"}
    requests_mock.get(STORE, json={"id": STORE, "name": "days", "properties": properties})
    key = {"secretsType": "AccountKey", "key": "YS1rZXk="}
    requests_mock.post(f"{STORE}/listSecrets", json=key)
    session = Session(ARM, clock=clock, credential=Anonymous(), read_only=True)
    address = urlsplit(access.container(session, PLACE, "days", access.WRITE))
    assert (address.netloc, address.path) == ("wine.blob.core.windows.net", "/days")
    given = parse_qs(address.query)
    assert given["sp"] == ["rcw"]
    until = datetime.datetime.fromisoformat(given["se"][0].replace("Z", "+00:00")).timestamp()
    assert until == int(clock.time()) + 3600
