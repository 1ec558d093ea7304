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


def of_step(status: Result, holds_when: Callable[[Result], bool]) -> str:
    """Of a step whose condition is false.

    :param status: its job's, at this moment.
    :param holds_when: whether the condition holds in a job with another status.
    """
    if status in GOOD or not _holds(lambda: holds_when(Result.SUCCEEDED)):
        return CONDITION
    return EARLIER if status is Result.FAILED else CANCELLED


def of_graph(
    before: Mapping[str, Result], holds_otherwise: Callable[[], bool], *, canceled: bool
) -> str:
    """Of a job or a stage whose condition is false.

    :param before: what it waits for.
    :param holds_otherwise: whether the condition holds where all of that has succeeded.
    """
    bad = {name: result for name, result in before.items() if result not in GOOD}
    if not (bad or canceled) or not _holds(holds_otherwise):
        return CONDITION
    if canceled:
        return CANCELLED
    failed = [name for name, result in bad.items() if result is Result.FAILED]
    return f"{failed[0]} failed" if failed else f"{next(iter(bad))} didn't run"


def _holds(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except ExpressionError:
        return False
