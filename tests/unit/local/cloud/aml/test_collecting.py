"""What the local cloud takes for a data collector."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.aml.online import collecting
from modelyard.local.cloud.arm.exceptions import ArmError

ON = {"dataCollectionMode": "Enabled"}


@pytest.mark.parametrize(
    "collector",
    [
        None,
        {"collections": {"request": {**ON, "samplingRate": 0.5}}, "rollingRate": "Day"},
        {"collections": {"model_inputs": {"dataCollectionMode": "Disabled"}}},
    ],
)
def test_what_can_be(collector: Any) -> None:
    collecting.check({} if collector is None else {"dataCollector": collector})


@pytest.mark.parametrize(
    ("collector", "says"),
    [
        ({}, "needs collections"),
        ({"collections": {}}, "needs collections"),
        ("all", "needs collections"),
        ({"collections": {"request": ON}, "rollingRate": "Week"}, "rollingRate has to be one of"),
        ({"collections": {"request": {"dataCollectionMode": "On"}}}, "is Enabled or Disabled"),
        ({"collections": {"request": {**ON, "samplingRate": 1.5}}}, "has to be from 0 to 1"),
        ({"collections": {"request": {**ON, "dataId": "azureml:x:1"}}}, "a data asset of one's"),
    ],
)
def test_what_can_not(collector: Any, says: str) -> None:
    with pytest.raises(ArmError) as caught:
        collecting.check({"dataCollector": collector})
    assert says in str(caught.value.body())
