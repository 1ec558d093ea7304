"""``succeeded()`` and its like: of steps by the job's state, of jobs and stages by others' results.

Source: learn.microsoft.com, ``process/expressions`` ("Job status check functions"); the agent's
``ExpressionManager.cs`` for steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelyard.local.runner.engine.outcomes import GOOD
from modelyard.local.runner.expressions import BadValue, Function
from modelyard.local.runner.job import Result


def of_steps(status: Callable[[], Result]) -> dict[str, Function]:
    """:param status: ``Agent.JobStatus`` at this moment."""
    return {
        "always": Function("always", 0, 0, lambda: True),
        "canceled": Function("canceled", 0, 0, lambda: status() is Result.CANCELED),
        "failed": Function("failed", 0, 0, lambda: status() is Result.FAILED),
        "succeeded": Function("succeeded", 0, 0, lambda: status() in GOOD),
        "succeededOrFailed": Function(
            "succeededOrFailed", 0, 0, lambda: status() in (*GOOD, Result.FAILED)
        ),
    }


def of_graph(before: Mapping[str, Result], *, canceled: bool) -> dict[str, Function]:
    """
    :param before: all that this job or stage waits for, directly or not.
    :param canceled: whether the run is cancelled.
    """
    folded = {name.lower(): result for name, result in before.items()}

    def results(names: tuple[object, ...]) -> list[Result]:
        for name in names:
            if str(name).lower() not in folded:
                raise BadValue(f"{name} isn't among what this waits for")
        return [folded[str(name).lower()] for name in names] if names else list(folded.values())

    def succeeded(*names: object) -> bool:
        return not canceled and all(one in GOOD for one in results(names))

    def failed(*names: object) -> bool:
        return not canceled and any(one is Result.FAILED for one in results(names))

    def succeeded_or_failed(*names: object) -> bool:
        ended = (*GOOD, Result.FAILED)
        found = results(names)
        if names:
            return not canceled and any(one in ended for one in found)
        return not canceled and all(one in ended for one in found)

    return {
        "always": Function("always", 0, 0, lambda: True),
        "canceled": Function("canceled", 0, 0, lambda: canceled),
        "failed": Function("failed", 0, None, failed),
        "succeeded": Function("succeeded", 0, None, succeeded),
        "succeededOrFailed": Function("succeededOrFailed", 0, None, succeeded_or_failed),
    }
