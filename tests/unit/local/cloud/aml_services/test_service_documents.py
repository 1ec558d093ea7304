"""What a web service of Azure ML can't be asked to be."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, cast

import pytest

from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.aml_services.documents import Documents
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud

WORKSPACE = cast(Workspace, Namespace(id="/subscriptions/s", location="westeurope"))
SERVICE = {"name": "wine", "computeType": "ACI", "environmentImageRequest": {}}


@pytest.fixture
def documents(cloud: Cloud) -> Documents:
    return Documents(cloud, cast(Computes, Namespace()))


def resources(**given: Any) -> dict[str, Any]:
    return {"containerResourceRequirements": given}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"authEnabled": "no"}, "authEnabled"),
        ({"authEnabled": 1}, "authEnabled"),
        (resources(cpu="lots", memoryInGB=0), "containerResourceRequirements.cpu, containerRes"),
        (resources(cpu=-1), "containerResourceRequirements.cpu"),
        (resources(cpu=True), "containerResourceRequirements.cpu"),
        ({"containerResourceRequirements": 1}, "containerResourceRequirements"),
    ],
)
def test_values_of_another_kind_are_refused(
    documents: Documents, asked: dict[str, Any], names: str
) -> None:
    with pytest.raises(ArmError, match=f"can't be: {names}") as caught:
        documents.accept(WORKSPACE, {**SERVICE, **asked})
    assert caught.value.status == 400


def test_what_is_left_open_has_its_default(documents: Documents) -> None:
    asked = {**resources(cpu=0.5, memoryInGB=None), "authEnabled": None}
    made, _ = documents.accept(WORKSPACE, {**SERVICE, **asked})
    assert made["containerResourceRequirements"]["cpu"] == 0.5
    assert made["authEnabled"] is False
