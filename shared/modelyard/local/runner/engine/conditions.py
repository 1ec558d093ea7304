"""The condition of a job or a stage whose turn has come.

Source: learn.microsoft.com, ``process/conditions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from modelyard.local.runner.engine import skipping, status_functions
from modelyard.local.runner.engine.job_variables import VariableScopes
from modelyard.local.runner.expressions import to_boolean
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import DEFAULT_CONDITION


def why_skipped(
    condition: str, before: Mapping[str, Result], scopes: VariableScopes, *, canceled: bool
) -> str:
    """In a few words; empty: it runs.

    :param condition: empty: that of one that says nothing of it.
    :param before: all that it waits for, directly or not.
    :param canceled: whether the run is cancelled.
    :raises ExpressionError: when the condition can't be evaluated.
    """
    condition = condition or DEFAULT_CONDITION

    def holds(results: Mapping[str, Result], *, canceled: bool) -> bool:
        functions = status_functions.of_graph(results, canceled=canceled)
        return to_boolean(scopes.with_functions(functions).evaluate(condition))

    if holds(before, canceled=canceled):
        return ""
    return skipping.of_graph(before, partial(holds, canceled=False), canceled=canceled)
