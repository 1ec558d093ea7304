"""Why something is skipped, in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelyard.local.runner.engine.outcomes import GOOD
from modelyard.local.runner.expressions import ExpressionError
from modelyard.local.runner.job import Result

CONDITION = "its condition is false"
CANCELLED = "the run was cancelled"
EARLIER = "an earlier step failed"
DISABLED = "it isn't enabled"
_ENDS = {Result.FAILED: "failed", Result.CANCELED: "was cancelled", Result.SKIPPED: "didn't run"}


def of_step(status: Result, holds_when: Callable[[Result], bool]) -> str:
    """Of a step whose condition is false.

    :param status: its job's, at this moment.
    :param holds_when: whether the condition holds in a job with another status.
    """
    if status in GOOD or not _holds(lambda: holds_when(Result.SUCCEEDED)):
        return CONDITION
    return EARLIER if status is Result.FAILED else CANCELLED


def of_graph(
    before: Mapping[str, Result],
    holds_when: Callable[[Mapping[str, Result]], bool],
    *,
    canceled: bool,
) -> str:
    """Of a job or a stage whose condition is false.

    :param before: what it waits for.
    :param holds_when: whether the condition holds where that has ended otherwise, in a run that
        isn't cancelled.
    """
    well = dict.fromkeys(before, Result.SUCCEEDED)
    bad = {name: result for name, result in before.items() if result not in GOOD}
    if not (bad or canceled) or not _holds(lambda: holds_when(well)):
        return CONDITION
    if canceled:
        return CANCELLED

    def enough(name: str) -> bool:
        """By itself: ``succeededOrFailed()`` doesn't mind what has failed."""
        return not _holds(lambda: holds_when({**well, name: bad[name]}))

    ordered = sorted(bad, key=lambda name: bad[name] is not Result.FAILED)
    blamed = next(filter(enough, ordered), ordered[0])
    return f"{blamed} {_ENDS[bad[blamed]]}"


def _holds(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except ExpressionError:
        return False
