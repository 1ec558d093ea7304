"""ManualValidation and Delay: tasks of jobs without an agent. The engine does what they say.

Source: ``Tasks/ManualValidationV0``, ``ManualValidationV1`` and ``DelayV1``.
"""

from __future__ import annotations

from modelyard.local.runner.builtin.task import BuiltinTask, Input, boolean, picklist, several

_VALIDATION = "2003ad3a-104a-451a-9238-60474ab294e6"
_INSTRUCTIONS: tuple[Input, ...] = (
    several("instructions"),
    picklist("onTimeout", ("reject", "resume"), "reject", required=False, type="radio"),
)

TASKS = (
    BuiltinTask(
        "ManualValidation",
        "0",
        _VALIDATION,
        (several("notifyUsers", required=True, may_be_empty=True), *_INSTRUCTIONS),
    ),
    BuiltinTask(
        "ManualValidation",
        "1",
        _VALIDATION,
        (
            several("notifyUsers", required=True, may_be_empty=True),
            several("approvers"),
            boolean("allowApproversToApproveTheirOwnRuns", default=True),
            *_INSTRUCTIONS,
        ),
    ),
    BuiltinTask(
        "Delay",
        "1",
        "28782b92-5e8e-4458-9751-a71cd1492bae",
        (Input("delayForMinutes", "string", "0", required=True),),
    ),
)
