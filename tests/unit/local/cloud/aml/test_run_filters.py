"""The filters of runs that SDK v1 sends."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.aml.history.run_filters import passes
from modelyard.local.cloud.arm.exceptions import ArmError

RUN: dict[str, Any] = {
    "runId": "one",
    "status": "Failed",
    "parentRunId": None,
    "createdUtc": "2026-01-02T00:00:00Z",
    "tags": {"kind": "a test", "empty": None},
    "properties": {"azureml.runsource": "azureml.StepRun"},
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(ParentRunId eq null)",
        "(Status eq Failed)",
        "Status ne Completed",
        '(Tags/kind eq "a test")',
        "(Tags/kind eq a test)",
        "(Tags/kind ne null or Tags/kind eq null)",
        "(Tags/empty ne null or Tags/empty eq null)",
        "(RunType eq azureml.StepRun or Properties/azureml.runsource eq azureml.StepRun)",
        "(CreatedUtc ge 2026-01-01T00:00:00Z)",
        '((ParentRunId eq null) and (Tags/kind eq "a test"))',
        "RunId eq two or RunId eq one",
        "RunId eq two and RunId eq three or RunId eq one",
    ],
)
def test_a_run_passes(text: str) -> None:
    assert passes(text)(RUN)


@pytest.mark.parametrize(
    "text",
    [
        "(ParentRunId ne null)",
        "(Status eq Completed)",
        "(Tags/other ne null or Tags/other eq null)",
        "(Tags/kind eq other)",
        "(CreatedUtc gt 2026-01-03T00:00:00Z)",
        "(ParentRunId ge x)",
        "(RunId eq one) and (Status eq Completed)",
        "RunId eq two and (RunId eq one or RunId eq three)",
    ],
)
def test_a_run_does_not_pass(text: str) -> None:
    assert not passes(text)(RUN)


@pytest.mark.parametrize(
    "text", ["nonsense", "(Status eq Failed", "Status eq Failed)", "and", "Status like Failed"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(ArmError, match="could not be understood"):
        passes(text)
