"""Who the champion among the versions of a model of Azure ML is, and how the mark moves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.promotion.comparison import ModelVersion
from modelyard.operations.promotion.on_azureml import OnAzureML

ARM = "https://management.azure.com"
PLACE = Place("s", "g", "wine")
VERSIONS = f"{ARM}{PLACE.path}/models/wine/versions"


class Model:
    """A model of Azure ML: versions with their tags."""

    def __init__(self, mocker: mocking.Mocker) -> None:
        self.tags: dict[str, dict[str, str]] = {}
        self.archived: set[str] = set()
        mocker.get(VERSIONS, json=self._list)
        one = re.compile(re.escape(VERSIONS) + "/")
        mocker.get(one, json=self._get)
        mocker.put(one, json=self._put)

    def _list(self, request: Any, _context: Any) -> dict[str, Any]:
        """As the service does: archived ones only where they are asked for."""
        every = request.qs.get("listviewtype") == ["all"]
        found = [one for one in self.tags if every or one not in self.archived]
        return {"value": [self._body(one) for one in found]}

    def _body(self, version: str) -> dict[str, Any]:
        properties = {
            "modelUri": "azureml://x",
            "tags": self.tags[version],
            "isArchived": version in self.archived,
        }
        return {"id": f"/versions/{version}", "name": version, "properties": properties}

    def _get(self, request: Any, context: Any) -> dict[str, Any]:
        version = request.path.rpartition("/")[2]
        if version not in self.tags:
            context.status_code = 404
            return {"error": {"code": "ResourceNotFound"}}
        return self._body(version)

    def _put(self, request: Any, _context: Any) -> dict[str, Any]:
        version = request.path.rpartition("/")[2]
        properties = json.loads(request.text)["properties"]
        self.tags[version] = properties["tags"]
        (self.archived.add if properties["isArchived"] else self.archived.discard)(version)
        return self._body(version)


@pytest.fixture
def model(requests_mock: mocking.Mocker) -> Model:
    return Model(requests_mock)


@pytest.fixture
def registry(clock: FakeClock) -> OnAzureML:
    session = Session(
        ARM, clock=clock, credential=StaticToken("a-token-of-this-test"), read_only=False
    )
    return OnAzureML(session, PLACE, "wine", "champion", by_stage=False)


def test_the_one_that_was_marked_last_counts(model: Model, registry: OnAzureML) -> None:
    model.tags = {
        "1": {"state": "champion", "champion_since": "2026-01-02T00:00:00.000+00:00"},
        "2": {"state": "champion", "champion_since": "2026-01-01T00:00:00.000+00:00"},
        "3": {"state": "candidate"},
    }
    assert (found := registry.champion()) is not None
    assert found.version == "1"


def test_of_two_without_a_time_the_greater_number_counts(model: Model, registry: OnAzureML) -> None:
    model.tags = {one: {"state": "champion"} for one in ("9", "10", "2")}
    assert (found := registry.champion()) is not None
    assert found.version == "10"


def test_the_new_one_is_marked_and_the_old_one_is_not_any_more(
    model: Model, registry: OnAzureML
) -> None:
    model.tags = {"1": {"state": "champion", "run": "a"}, "2": {"state": "candidate", "run": "b"}}
    registry.crown(ModelVersion("wine", "2", {}, {}, ""))
    assert model.tags["1"] == {"state": "former-champion", "run": "a"}
    since = model.tags["2"].pop("champion_since")
    assert since.endswith("+00:00")
    assert model.tags["2"] == {"state": "champion", "run": "b"}


def test_a_version_that_is_gone_is_named(model: Model, registry: OnAzureML) -> None:
    with pytest.raises(NotFound, match="no model wine:2"):
        registry.crown(ModelVersion("wine", "2", {}, {}, ""))


def test_an_archived_champion_is_compared_with_and_gives_way(
    model: Model, registry: OnAzureML
) -> None:
    model.tags = {"1": {"state": "champion"}, "2": {"state": "candidate"}}
    model.archived = {"1"}
    assert (found := registry.champion()) is not None
    assert found.version == "1"
    registry.crown(ModelVersion("wine", "2", {}, {}, ""))
    assert [one["state"] for one in model.tags.values()] == ["former-champion", "champion"]
    assert model.archived == {"1"}  # it stays what somebody made it


def test_an_archived_version_never_becomes_the_champion(model: Model, registry: OnAzureML) -> None:
    before = {"1": {"state": "champion"}, "2": {"state": "candidate", "run": "b"}}
    model.tags = {number: dict(tags) for number, tags in before.items()}
    model.archived = {"2"}
    for ask in (
        lambda: registry.version("2"),
        lambda: registry.of_run("b"),
        lambda: registry.crown(ModelVersion("wine", "2", {}, {}, "")),  # archived since it was read
    ):
        with pytest.raises(InputError, match="wine:2 is archived"):
            ask()
    assert model.tags == before


def test_a_runs_version_is_the_newest_of_exactly_this_run_that_is_not_archived(
    model: Model, registry: OnAzureML
) -> None:
    model.tags = {
        "1": {"run": "run-1"},
        "2": {"run": "run-1"},
        "3": {"run": "run-1"},
        "4": {"run": "run-12"},
        "5": {"run": "run"},
        "6": {},
    }
    model.archived = {"3"}
    assert (found := registry.of_run("run-1")) is not None
    assert found.version == "2"
    assert registry.of_run("un-1") is None
