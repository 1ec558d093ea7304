"""How results, times and sizes read."""

from __future__ import annotations

import time

from modelyard.local.runner.display import marks as signs
from modelyard.local.runner.job import Result
from modelyard.local.runner.report.html import Html, tag

_CLASSES = {
    Result.SUCCEEDED: "ok",
    Result.SUCCEEDED_WITH_ISSUES: "warning",
    Result.FAILED: "error",
    Result.CANCELED: "canceled",
    Result.SKIPPED: "skipped",
    Result.ABANDONED: "canceled",
}
RESULTS = {
    one.text: (name, signs.mark(one), one.name.lower().replace("_", " "))
    for one, name in _CLASSES.items()
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
