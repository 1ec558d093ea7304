"""Speaking with an organization by the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msrest.exceptions import ClientRequestError

from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.errors import ReadOnly, Unreachable
from modelyard.masking import Masker
from modelyard.project.devops import organization, package
from modelyard.project.surroundings import Surroundings


class Client:
    """Of the package, with one project."""

    def get_project(self, name: str) -> Any:
        return SimpleNamespace(name=name, id="1")

    def get_core_client(self) -> Client:
        return self


@pytest.fixture
def organization_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Client], organization.Organization]:
    """An organization that is spoken with by this client."""

    def make(client: Client) -> organization.Organization:
        connection = SimpleNamespace(clients_v7_1=client)
        monkeypatch.setattr(package, "connect", lambda _url, _credential: connection)
        surroundings = Surroundings(
            environment={"AZURE_DEVOPS_EXT_PAT": "token-of-a-person"},
            clock=FakeClock(),
            folder=tmp_path,
            write=lambda _line: None,
            masker=(masker := Masker()),
            job=Terminal({}),
        )
        found = organization.Organization("contoso", "wine", surroundings)
        assert masker.clean("a token-of-a-person") == "a ***"
        return found

    return make


def test_nothing_is_written_before_the_plan_is_carried_out(
    organization_of: Callable[[Client], organization.Organization],
) -> None:
    found = organization_of(Client())
    assert found.project_url == "https://dev.azure.com/contoso/wine"

    with pytest.raises(ReadOnly, match="making a thing would write"):
        found.write("making a thing", "core", "get_project", "wine")
    with pytest.raises(ReadOnly, match="dry run"):
        found.send("POST", "/_apis/things", {})
    found.begin()
    assert found.write("making a thing", "core", "get_project", "wine").name == "wine"


def test_a_lost_connection_says_what_to_look_at(
    organization_of: Callable[[Client], organization.Organization],
) -> None:
    class Lost(Client):
        def get_project(self, name: str) -> Any:
            raise ClientRequestError("Error occurred in request.")

    with pytest.raises(Unreachable) as caught:
        organization_of(Lost())
    assert "check azure-devops.organization" in caught.value.fix
    assert "workspace" not in caught.value.fix
