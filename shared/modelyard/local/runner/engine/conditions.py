"""The condition of a stage, a job or a step whose turn has come.

Source: learn.microsoft.com, ``process/conditions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from modelyard.local.runner.engine import contexts, skipping, status_functions
from modelyard.local.runner.engine.job_variables import VariableScopes
from modelyard.local.runner.engine.step_settings import truth
from modelyard.local.runner.engine.value_expansion import as_context
from modelyard.local.runner.expressions import parse, to_boolean
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import DEFAULT_CONDITION, Step
from modelyard.local.runner.variables import Variables


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


def step_holds(step: Step, status: Result, variables: Variables) -> bool:
    """Whether a step's condition holds in a job of this status.

    :raises ExpressionError: when it can't be evaluated.
    """
    values = contexts.of_steps(as_context(variables))
    functions = status_functions.of_steps(lambda: status)
    return to_boolean(parse(step.condition or DEFAULT_CONDITION).evaluate(values, functions))


def why_step_skipped(step: Step, status: Result, variables: Variables) -> str:
    """In a few words; empty: it runs.

    :param status: of its job, at this moment.
    :raises ExpressionError: when its condition can't be evaluated.
    :raises TaskError: when ``enabled`` is no boolean.
    """
    if not truth(step.enabled, variables):
        return skipping.DISABLED
    if step_holds(step, status, variables):
        return ""
    return skipping.of_step(status, lambda other: step_holds(step, other, variables))
