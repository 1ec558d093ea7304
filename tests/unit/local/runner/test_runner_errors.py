"""What the runner ends with can be told apart by its exit code and its identifier."""

from __future__ import annotations

import pytest

from modelyard import runner_errors
from modelyard.errors import ModelyardError, all_errors
from modelyard.local.runner.pipeline import Problem
from modelyard.local.runner.pipeline.plan import Place
from modelyard.runner_errors import PipelineError

OWN = [
    one
    for one in vars(runner_errors).values()
    if isinstance(one, type) and issubclass(one, ModelyardError) and one is not ModelyardError
]


def test_no_two_share_an_exit_code_or_an_identifier() -> None:
    every = set(all_errors())

    assert len(OWN) == 6
    assert set(OWN) <= every
    assert len({one.exit_code for one in every}) == len(every)
    assert len({one.identifier for one in every}) == len(every)


@pytest.mark.parametrize("error", OWN, ids=lambda one: one.__name__)
def test_each_is_documented(error: type[ModelyardError]) -> None:
    assert {"identifier", "exit_code", "__doc__"} <= error.__dict__.keys()
    assert error.identifier == f"MY{error.exit_code:03}"
    assert not error.fix.endswith(".")


def test_a_pipelines_problems_are_in_the_order_of_the_file_each_once() -> None:
    later, sooner = (Problem(Place("a.yml", line, 1), "wrong") for line in (9, 2))

    error = PipelineError.of([later, sooner, later])

    assert error.problems == (sooner, later)
    assert list(error.lines()) == [
        "a.yml:2:1: wrong\na.yml:9:1: wrong\n2 problems: nothing was run",
        "  error MY052, exit code 52: modelyard explain MY052",
    ]
