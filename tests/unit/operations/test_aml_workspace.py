"""What aml-workspace refuses before it asks anybody."""

from __future__ import annotations

import pytest

from modelyard.execution import execute
from modelyard.operations.aml_workspace import OPERATION
from unit.conftest import RecordingCI


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
