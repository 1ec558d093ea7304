"""How results, times and sizes read."""

from __future__ import annotations

import time

from modelyard.local.runner.report.html import Html, tag
from modelyard.waiting import duration

RESULTS = {
    "Succeeded": ("ok", "✓", "succeeded"),
    "SucceededWithIssues": ("warning", "!", "succeeded with issues"),
    "Failed": ("error", "✗", "failed"),
    "Canceled": ("canceled", "⊘", "canceled"),
    "Skipped": ("skipped", "○", "skipped"),
    "Abandoned": ("canceled", "⊘", "abandoned"),
}
"""By result: the class of its colour, its mark, and the words."""
NONE = ("skipped", "·", "not run")


def kind(result: str) -> str:
    """The class of a result's colour."""
    return RESULTS.get(result, NONE)[0]


def mark(result: str) -> Html:
    """A result's mark. Its words are there too, for who doesn't see colours or marks."""
    name, sign, words = RESULTS.get(result, NONE)
    return tag("span", sign, class_=f"mark {name}", role="img", aria_label=words, title=words)


def badge(result: str) -> Html:
    """A result in words."""
    name, sign, words = RESULTS.get(result, NONE)
    return tag("span", f"{sign} {words}", class_=f"badge {name}")


def took(seconds: float | None) -> str:
    """``1 m 05 s``; empty where it isn't known."""
    return "" if seconds is None else duration(seconds)


def moment(at: float | None) -> str:
    """A moment in this machine's time."""
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(at))


def size(count: float) -> str:
    """``1.2 MB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def plural(count: int, one: str, many: str = "") -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
