"""PyGithub, held to what is promised of every call."""

from __future__ import annotations

import pytest
import requests_mock
from github import Github

from modelyard.clock import SystemClock
from modelyard.errors import NotTheService, ReadOnly
from modelyard.http import Session
from modelyard.project.github.client import Gate, client

BASE = "https://api.github.com:443"
"""As PyGithub asks: it always names the port."""


@pytest.fixture
def gate() -> Gate:
    return Gate(Session(BASE, clock=SystemClock()))


@pytest.fixture
def github(gate: Gate) -> Github:
    return client("a-token", BASE, gate)


def test_nothing_is_written_before_the_gate_is_opened(
    github: Github, gate: Gate, requests_mock: requests_mock.Mocker
) -> None:
    url = f"{BASE}/repos/wines/wine"
    requests_mock.get(url, json={"url": url, "full_name": "wines/wine"})
    requests_mock.post(f"{url}/actions/variables", status_code=201)
    repository = github.get_repo("wines/wine")
    with pytest.raises(ReadOnly, match="actions/variables would write"):
        repository.create_variable("A", "1")
    with pytest.raises(ReadOnly):
        gate.session.post("/repos/wines/wine/actions/variables", {})
    assert [one.method for one in requests_mock.request_history] == ["GET"]

    gate.open()
    repository.create_variable("A", "1")
    gate.session.post("/repos/wines/wine/actions/variables", {})
    assert [one.method for one in requests_mock.request_history] == ["GET", "POST", "POST"]


@pytest.mark.parametrize("text", ["<html>Sign in</html>", '"text"', '{"full_name": "wines/wi'])
def test_a_page_in_place_of_a_document_is_an_error(
    github: Github, requests_mock: requests_mock.Mocker, text: str
) -> None:
    requests_mock.get(f"{BASE}/repos/wines/wine", text=text)

    with pytest.raises(NotTheService, match="not as GitHub does"):
        github.get_repo("wines/wine")
