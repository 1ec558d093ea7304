"""What listeners of a run are told."""

from __future__ import annotations

import pytest

from modelyard.local.runner.engine.events import (
    Ended,
    Event,
    Events,
    Line,
    Notice,
    Planned,
    Progress,
    Started,
    Waiting,
)
from modelyard.local.runner.job import Result
from modelyard.local.runner.step_report import Issue

RAW = "\x1b[2Jred\x1b]0;title\x07 \x9b31mname\r"
AT = ("a",)


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (Planned(AT, RAW), Planned(AT, "red 31mname")),
        (Started(AT, RAW + "\nnext", 1.0), Started(AT, "red 31mname next", 1.0)),
        (
            Ended(AT, Result.FAILED, 1.0, RAW, (Issue("error", RAW),), RAW + "\nnext"),
            Ended(
                AT,
                Result.FAILED,
                1.0,
                "red 31mname\n",
                (Issue("error", "red 31mname\n"),),
                "red 31mname next",
            ),
        ),
        (Progress(AT, 3, RAW), Progress(AT, 3, "red 31mname\n")),
        (Waiting(AT, RAW), Waiting(AT, "red 31mname\n")),
        (Notice(RAW), Notice("red 31mname\n")),
        (Line(AT, RAW), Line(AT, RAW)),
    ],
)
def test_only_logs_keep_control_characters(told: Event, heard: Event) -> None:
    found: list[Event] = []

    Events([found.append])(told)

    assert found == [heard]
