"""One thing that act says: a line of its output as a value.

Source: what nektos/act 0.2.89 writes with ``--json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.local.runner.job import Result

_RESULTS = {
    "success": Result.SUCCEEDED,
    "failure": Result.FAILED,
    "skipped": Result.SKIPPED,
    "cancelled": Result.CANCELED,
}
_FORGIVEN = "Failed but continue next step"


@dataclass(frozen=True)
class ActEvent:
    """What a line of act's output says."""

    job: str = ""
    """The title of the job that it is about, with those of the callers; ``""``: of none."""
    matrix: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    """The step that it is about and, within an action, that action's step."""
    step_title: str = ""
    part: str = ""
    """``Pre``, ``Main`` or ``Post`` of the step."""
    level: str = ""
    message: str = ""
    printed: bool = False
    """The message is a line that the step itself wrote."""
    command: str = ""
    """The workflow command that the step gave, ``set-output`` for one."""
    argument: str = ""
    name: str = ""
    """Of the output that is set."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Of the command: ``file``, ``line``."""
    content: str = ""
    """Of the summary."""
    step_result: Result | None = None
    job_result: Result | None = None

    @property
    def of_whole_step(self) -> bool:
        """It is about a step of the workflow, not about one of its action's."""
        return len(self.steps) == 1

    @property
    def is_error(self) -> bool:
        """act itself calls it an error: a step's own are commands."""
        return self.level == "error" and not self.command

    @property
    def forgives(self) -> bool:
        """The step failed, and ``continue-on-error`` lets the job go on."""
        return self.of_whole_step and self.message.strip() == _FORGIVEN


def read(line: str) -> ActEvent | None:
    """What a line says; None where it isn't act's JSON."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None

    def text(key: str) -> str:
        return str(found.get(key, ""))

    return ActEvent(
        job=text("job"),
        matrix=found.get("matrix") or {},
        steps=tuple(found.get("stepID") or ()),
        step_title=text("step"),
        part=text("stage"),
        level=text("level"),
        message=text("msg"),
        printed=bool(found.get("raw_output")),
        command=text("command"),
        argument=text("arg"),
        name=text("name"),
        properties=found.get("kvPairs") or {},
        content=text("content"),
        step_result=_result(found, "stepResult"),
        job_result=_result(found, "jobResult"),
    )


def _result(found: Mapping[str, Any], key: str) -> Result | None:
    """A result that nobody knows is a failure."""
    return _RESULTS.get(str(found[key]), Result.FAILED) if key in found else None
