"""Where outputs of jobs are: by history and the data plane, by the job, by Azure ML's custom."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.azureml.jobs.outputs import Location, locations
from modelyard.clock import FakeClock
from modelyard.errors import ServiceError
from modelyard.http import Session

ARM, API = "https://management.azure.com", "https://westeurope.api.azureml.ms"
PLACE = Place("00000000-0000-0000-0000-000000000000", "group", "wine")
LONG = f"azureml:/{PLACE.path}/workspaces/wine/datastores/own/paths/some%20where/model/"


def found(
    mock: mocking.Mocker, told: dict[str, Any] | None = None, outputs: Any = None
) -> list[Location]:
    mock.post(
        f"{API}/history/v1.0{PLACE.path}/rundata",
        json={"runMetadata": {"outputs": {"model": told} if told else None}},
    )
    mock.get(f"{ARM}{PLACE.path}/jobs/one", json={"properties": {"outputs": outputs}})
    arm, api = (Session(one, clock=FakeClock()) for one in (ARM, API))
    return list(locations(arm, api, PLACE, "one", "model"))


@pytest.mark.parametrize(
    ("kind", "path", "key"),
    [
        ("UriFolder", "data/v1.0{}/dataversion/batchGetResolvedUris", "uri"),
        ("MLFlowModel", "modelregistry/v1.0{}/models/batchGetResolvedUris", "path"),
    ],
)
def test_history_names_the_asset_and_the_data_plane_its_address(
    requests_mock: mocking.Mocker, kind: str, path: str, key: str
) -> None:
    asked = requests_mock.post(
        f"{API}/{path.format(PLACE.path)}", json={"values": {"azureml://a:1": {key: LONG}}}
    )
    told = {"assetId": "azureml://a:1", "type": kind}
    assert found(requests_mock, told) == [Location("own", "some where/model")]
    assert asked.last_request.json() == {"values": ["azureml://a:1"]}


def test_else_it_is_where_the_job_was_told_to_put_it(requests_mock: mocking.Mocker) -> None:
    given = {"model": {"uri": "azureml://datastores/own/paths/${{name}}/${{output_name}}"}}
    assert found(requests_mock, outputs=given) == [Location("own", "one/model")]


def test_else_where_azure_ml_puts_it(requests_mock: mocking.Mocker) -> None:
    assert found(requests_mock, outputs={"model": {"uri": None}}) == [
        Location("workspaceblobstore", "azureml/one/model"),
        Location("workspaceblobstore", "dataset/one/model"),
    ]


def test_an_address_elsewhere_is_told(requests_mock: mocking.Mocker) -> None:
    with pytest.raises(ServiceError, match="in no datastore"):
        found(requests_mock, outputs={"model": {"uri": "https://elsewhere/box"}})
