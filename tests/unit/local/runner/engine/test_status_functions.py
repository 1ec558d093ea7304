"""``succeeded()`` and its like in the conditions of jobs and stages.

Source: learn.microsoft.com, ``process/expressions`` ("Job status check functions").
"""

from __future__ import annotations

import pytest

from modelyard.local.runner.engine.status_functions import of_graph, of_steps
from modelyard.local.runner.expressions import ExpressionError, parse, to_boolean
from modelyard.local.runner.job import Result

SUCCEEDED, ISSUES, FAILED = Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.FAILED
CANCELED, SKIPPED = Result.CANCELED, Result.SKIPPED

# succeeded, failed, succeededOrFailed, over all that a job or stage waits for.
WITHOUT_NAMES = [
    ((), True, False, True),
    ((SUCCEEDED, ISSUES), True, False, True),
    ((SUCCEEDED, FAILED), False, True, True),
    ((SUCCEEDED, SKIPPED), False, False, False),
    ((SUCCEEDED, CANCELED), False, False, False),
    ((SKIPPED, FAILED), False, True, False),
]


@pytest.mark.parametrize(("results", "succeeded", "failed", "either"), WITHOUT_NAMES)
def test_without_names_all_that_is_waited_for_counts(
    results: tuple[Result, ...], succeeded: bool, failed: bool, either: bool
) -> None:
    before = {f"J{number}": one for number, one in enumerate(results)}

    found = [_value(text, before) for text in ("succeeded()", "failed()", "succeededOrFailed()")]

    assert found == [succeeded, failed, either]


BEFORE = {"A": SUCCEEDED, "B": FAILED, "C": SKIPPED, "D": ISSUES}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("succeeded('A', 'd')", True),
        ("succeeded('A', 'B')", False),
        ("succeeded('C')", False),
        ("failed('A')", False),
        ("failed('A', 'b')", True),
        ("succeededOrFailed('C')", False),
        ("succeededOrFailed('C', 'B')", True),
        ("always()", True),
        ("canceled()", False),
        ("not(canceled())", True),
    ],
)
def test_with_names_those_alone_count(text: str, value: bool) -> None:
    assert _value(text, BEFORE) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("always()", True),
        ("canceled()", True),
        ("succeeded()", False),
        ("succeeded('A')", False),
        ("failed()", False),
        ("failed('B')", False),
        ("succeededOrFailed()", False),
        ("succeededOrFailed('A')", False),
    ],
)
def test_once_the_run_is_cancelled(text: str, value: bool) -> None:
    assert _value(text, BEFORE, canceled=True) is value


def test_a_name_that_is_not_waited_for() -> None:
    with pytest.raises(ExpressionError, match="X isn't among what this waits for"):
        _value("succeeded('A', 'X')", BEFORE)


@pytest.mark.parametrize(
    ("status", "true"),
    [
        (SUCCEEDED, {"always", "succeeded", "succeededOrFailed"}),
        (ISSUES, {"always", "succeeded", "succeededOrFailed"}),
        (FAILED, {"always", "failed", "succeededOrFailed"}),
        (CANCELED, {"always", "canceled"}),
    ],
)
def test_a_step_asks_for_the_state_of_its_job(status: Result, true: set[str]) -> None:
    """The agent's ``ExpressionManager.cs``."""
    functions = of_steps(lambda: status)
    found = {name for name in functions if parse(f"{name}()").evaluate({}, functions)}
    assert found == true


def _value(text: str, before: dict[str, Result], *, canceled: bool = False) -> bool:
    return to_boolean(parse(text).evaluate({}, of_graph(before, canceled=canceled)))
