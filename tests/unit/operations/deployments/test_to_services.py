"""What a deployment that failed says of what served before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelyard.azureml import connection, web_services
from modelyard.azureml.long_running import OperationFailed
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.errors import DeploymentFailed
from modelyard.http import Session
from modelyard.operations.deployments import to_services
from modelyard.operations.deployments.rollout import rollout_of
from modelyard.operations.model_deploy import OPERATION

PLACE = connection.Place("s", "g", "wine")


@pytest.mark.parametrize(
    ("kind", "overwritten", "gone"),
    [("ACI", True, True), ("ACI", False, False), ("AKS", True, False)],
)
@pytest.mark.parametrize("log", ["", "ModuleNotFoundError: No module named 'skops'"])
def test_only_a_container_instance_that_was_overwritten_leaves_nothing_serving(
    monkeypatch: pytest.MonkeyPatch,
    clock: FakeClock,
    make_context: Callable[..., Context],
    kind: str,
    overwritten: bool,
    gone: bool,
    log: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationFailed("service wine Failed: it crashed")

    monkeypatch.setattr(web_services, "deploy", fail)
    monkeypatch.setattr(web_services, "logs", lambda *_: log)
    body = {"name": "wine", "computeType": kind} | ({"overwrite": True} if overwritten else {})
    rollout = rollout_of(OPERATION.inputs(target=kind.lower(), endpoint="wine"))
    session = Session("https://westeurope.api.azureml.ms", clock=clock)
    with pytest.raises(DeploymentFailed) as caught:
        to_services._bring_up(session, PLACE, body, rollout, make_context(OPERATION))
    assert ("nothing serves now" in caught.value.cause) == gone
    assert ("deploy the model that served before" in caught.value.fix) == gone
    if log:
        assert "add the package to the conda file" in caught.value.fix
