"""The tree on a terminal, as far as it is text; how it moves is for eyes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.display.tree import TreeDisplay
from modelyard.local.runner.engine.events import (
    Ended,
    Line,
    Planned,
    Progress,
    Reason,
    Started,
    Waiting,
)
from modelyard.local.runner.job import Result
from modelyard.local.runner.results.history import History
from modelyard.local.runner.step_report import Issue


class Terminal(io.StringIO):
    """One that can show everything."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``shown(*events)`` -> what stands there at the end, with what was drawn before it."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")

    def show(*events: Any) -> tuple[str, str]:
        history, out = History(), Terminal()
        display = TreeDisplay(history, out, FakeClock(1000.0))
        for event in events:
            history(event)
            display(event)
        with display._console.capture() as drawn:
            display._console.print(display._drawn())
        display.close()
        return out.getvalue(), drawn.get()

    return show


STARTED = (
    Planned(("A",), "A"),
    Planned(("B",), "B"),
    Started((), "demo", 900.0),
    Started(("A",), "A", 900.0),
    Started(("A", "J"), "train", 900.0),
    Started(("A", "J", "1"), "Train", 930.0),
)


def test_what_runs_is_drawn_with_its_last_line(shown: Any) -> None:
    _, drawn = shown(*STARTED, Line(("A", "J", "1"), "##[group]epoch 1"))

    lines = [" ".join(line.split()) for line in drawn.splitlines() if line.strip()]
    assert lines[0].endswith("A 1 m 40 s")
    assert lines[1].endswith("Train epoch 1 1 m 10 s")
    assert lines[-1] == "· B"


def test_progress_and_waiting_are_told(shown: Any) -> None:
    _, drawn = shown(*STARTED, Progress(("A", "J", "1"), 40, "4 of 10"))
    assert "40% 4 of 10" in drawn
    _, drawn = shown(*STARTED, Waiting(("A",), "prod waits"))
    assert "? A" in drawn
    assert "prod waits" in drawn


def test_a_stage_that_is_over_stays(shown: Any) -> None:
    text, drawn = shown(
        *STARTED,
        Line(("A", "J", "1"), "##[error]it broke"),
        Line(("A", "J", "1"), Reason.CANCELED.line),
        Ended(("A", "J", "1"), Result.FAILED, 960.0, "", (Issue("error", "it broke"),)),
        Ended(("A", "J"), Result.FAILED, 960.0),
        Ended(("A",), Result.FAILED, 960.0),
        Ended(("B",), Result.SKIPPED, 960.0, "its condition is false"),
        Ended((), Result.FAILED, 960.0),
    )

    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    assert lines == [
        "error A/J: it broke",
        "✗ A 1 m 00 s",
        "✗ Train it broke 30 s",
        "○ B its condition is false",
        "demo Failed 1 m 00 s",
    ]
    assert drawn.strip() == ""


def test_an_error_is_shown_with_its_cause_and_its_fix(shown: Any) -> None:
    step, other = ("A", "J", "1"), ("A", "J", "2")
    fix = "fix: " + "az role assignment create --assignee someone --role Reader " * 3
    text, _ = shown(
        *STARTED,
        Line(step, "##[error]no such model"),
        Line(other, "a line of another step"),
        Line(step, "  cause: it was never \x1b[2Jregistered", continues=True),
        Line(step, f"  {fix}", continues=True),
        Line(step, "an own line"),
        Line(step, "a line that follows", continues=True),
    )

    lines = text.split("A/J: no such model\n")[1].splitlines()
    assert lines[:2] == ["    cause: it was never registered", f"    {fix}"]
    assert "line" not in text.partition(fix)[2]


def test_a_row_has_the_first_sentence_of_an_error(shown: Any) -> None:
    issue = Issue("error", "J. Smith isn't 'a user'. Ask them.\n  cause: none\n  fix: none")
    _, drawn = shown(*STARTED, Ended(("A", "J", "1"), Result.FAILED, 960.0, "", (issue,)))

    (row,) = [line for line in drawn.splitlines() if "Train" in line]
    assert " ".join(row.split()) == "✗ Train J. Smith isn't 'a user'. 30 s"
