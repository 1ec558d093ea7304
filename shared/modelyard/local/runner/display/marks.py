"""What results and times look like."""

from __future__ import annotations

from modelyard.local.runner.job import Result
from modelyard.waiting import duration

MARKS = {
    Result.SUCCEEDED: ("✓", "ok", "green"),
    Result.SUCCEEDED_WITH_ISSUES: ("!", "!!", "yellow"),
    Result.FAILED: ("✗", "XX", "red"),
    Result.CANCELED: ("⊘", "--", "magenta"),
    Result.SKIPPED: ("○", "..", "bright_black"),
    Result.ABANDONED: ("?", "??", "red"),
}
"""A sign, the same in ASCII, a colour."""


def mark(result: Result, *, ascii_only: bool = False) -> str:
    """The sign of a result."""
    sign, plain, _ = MARKS[result]
    return plain if ascii_only else sign


def color(result: Result) -> str:
    return MARKS[result][2]


def took(seconds: float | None) -> str:
    """``1 m 52 s``; empty for what never began."""
    return "" if seconds is None else duration(seconds)


def takes_signs(encoding: str | None) -> bool:
    """Whether an output can show the signs."""
    try:
        "".join(sign for sign, _, _ in MARKS.values()).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
