"""aml-workspace: what it refuses before it asks anybody, and a workspace that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.credentials import Anonymous
from modelyard.execution import execute
from modelyard.http import Session
from modelyard.operations import aml_workspace
from modelyard.operations.aml_workspace import OPERATION
from unit.conftest import RecordingCI

ARM, SUBSCRIPTION = "https://management.azure.com", "00000000-0000-0000-0000-000000000000"
WS = f"{ARM}{Place(SUBSCRIPTION, 'wine', 'wine').path}"


@pytest.mark.parametrize(
    ("location", "is_told"),
    [("westeurope", False), ("West Europe", False), ("northeurope", True), (None, False)],
)
def test_a_region_may_be_written_as_the_portal_does(
    requests_mock: mocking.Mocker,
    make_context: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    recording_ci: RecordingCI,
    location: str | None,
    is_told: bool,
) -> None:
    def connect(_inputs: Any, context: Context, *, read_only: bool) -> Session:
        return Session(ARM, clock=context.clock, credential=Anonymous(), read_only=read_only)

    monkeypatch.setattr(aml_workspace, "connect", connect)
    properties = {"discoveryUrl": "https://westeurope.api.azureml.ms/discovery"}
    requests_mock.get(WS, json={"id": WS, "location": "westeurope", "properties": properties})
    inputs = OPERATION.inputs(
        subscription_id=SUBSCRIPTION, workspace_name="wine", location=location
    )
    assert OPERATION.run(inputs, make_context(OPERATION)).action == "left-alone"
    told = "the workspace wine is in westeurope, not in northeurope, and stays there"
    assert recording_ci.warnings() == ([told] if is_told else [])


@pytest.mark.parametrize("name", ["a/b", "..", "-a", "wine quality", "güte"])
def test_an_experiment_that_can_not_be_named_so(name: str, recording_ci: RecordingCI) -> None:
    recording_ci.inputs = {
        "workspace-name": "wine",
        "subscription-id": "00000000-0000-0000-0000-000000000000",
        "smoke": "true",
        "smoke-experiment": name,
    }
    assert execute(OPERATION, {}, recording_ci, environment={}) == 2
    assert f"smoke-experiment is {name!r}" in recording_ci.outputs["error"]
