"""Every state of a run has its word among those of pipelines and of steps."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.aml.execution.records import ENDED
from modelyard.local.cloud.aml.v1.pipelines.states import PIPELINE, STEP

ACTIVE = ("NotStarted", "Queued", "Preparing", "Running", "Finalizing", "CancelRequested")
WAITED_FOR = {"NotStarted", "Queued", "Running"}
"""As long as azureml-pipeline sees one of these, it waits."""


@pytest.mark.parametrize("words", [PIPELINE, STEP])
def test_clients_wait_as_long_as_it_is_active(words: dict[str, str]) -> None:
    assert set(words) == {*ACTIVE, *ENDED}
    assert {words[one] for one in ACTIVE} <= WAITED_FOR
    ends = {one: words[one] for one in ENDED}
    assert ends == {"Completed": "Finished", "Failed": "Failed", "Canceled": "Canceled"}
