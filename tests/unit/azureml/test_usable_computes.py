"""Whether something can run on a compute, told before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml import computes
from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.credentials import Anonymous
from modelyard.errors import InputError, NotFound, ServiceError
from modelyard.http import Session

ARM = "https://management.azure.com"
PLACE = Place("00000000-0000-0000-0000-000000000000", "wine", "wine")


def check(mock: mocking.Mocker, clock: FakeClock, properties: dict[str, Any] | None) -> None:
    body = {"id": "k", "name": "k8s", "properties": properties or {}}
    status = 404 if properties is None else 200
    mock.get(f"{ARM}{PLACE.path}/computes/k8s", json=body, status_code=status)
    session = Session(ARM, credential=Anonymous(), clock=clock, read_only=True)
    computes.check_usable(session, PLACE, "k8s", computes.KUBERNETES, otherwise="take another")


def test_one_that_is_ready(requests_mock: mocking.Mocker, clock: FakeClock) -> None:
    check(requests_mock, clock, {"computeType": "Kubernetes", "provisioningState": "Succeeded"})


@pytest.mark.parametrize(
    ("properties", "kind", "told"),
    [
        (None, NotFound, "the workspace wine has no compute k8s"),
        ({"computeType": "AKS"}, InputError, "is of the type AKS, not Kubernetes"),
        (
            {"computeType": "Kubernetes", "provisioningState": "Failed"},
            ServiceError,
            "the compute k8s is Failed, not ready",
        ),
    ],
)
def test_one_that_nothing_can_run_on(
    requests_mock: mocking.Mocker,
    clock: FakeClock,
    properties: dict[str, Any] | None,
    kind: type[Exception],
    told: str,
) -> None:
    with pytest.raises(kind, match=told):
        check(requests_mock, clock, properties)
