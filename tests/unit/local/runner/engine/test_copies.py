"""The copies that a strategy makes of a job. Source: ``yaml-schema/jobs-job-strategy``."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.copies import MOST_LEGS
from modelyard.local.runner.engine.events import Line


@pytest.mark.parametrize("strategy", ["matrix: {a: {}, b: {}, c: {}}", "parallel: 3"])
def test_copies_are_numbered_from_one(run: Any, strategy: str) -> None:
    done = run(
        f"""
        jobs:
        - job: J
          strategy: {{{strategy}}}
          steps:
          - checkout: none
          - bash: echo "> $SYSTEM_JOBPOSITIONINPHASE of $SYSTEM_TOTALJOBSINPHASE"
        """
    )

    assert sorted(done.printed) == ["> 1 of 3", "> 2 of 3", "> 3 of 3"]


@pytest.mark.parametrize(("more", "result"), [(0, "Succeeded"), (1, "Failed")])
def test_a_matrix_has_so_many_legs_at_most(run: Any, more: int, result: str) -> None:
    legs = ", ".join(f'"l{number}": {{}}' for number in range(MOST_LEGS + more))
    done = run(
        f"""
        variables: {{legs: '{{{legs}}}'}}
        jobs:
        - job: J
          pool: server
          strategy: {{matrix: "$[ variables.legs ]"}}
          steps: [{{task: Delay@1, inputs: {{delayForMinutes: 0}}}}]
        """
    )

    assert done.result == result


@pytest.mark.parametrize("matrix", ["{}", '"$[ variables.legs ]"'])
@pytest.mark.parametrize("legs", ["{}", "null"])
def test_an_empty_matrix_runs_the_job_once(run: Any, matrix: str, legs: str) -> None:
    """As the service does: MicrosoftDocs/azure-devops-docs, issue 5259."""
    done = run(
        f"""
        variables: {{legs: '{legs}'}}
        jobs:
        - job: J
          pool: server
          strategy: {{matrix: {matrix}}}
          steps: [{{task: Delay@1, inputs: {{delayForMinutes: 0}}, displayName: step}}]
        """
    )

    assert done.results() == {
        "__default": "Succeeded", "__default/J": "Succeeded", "__default/J/step": "Succeeded",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "lines"), [("always()", ["> leg", "> leg"]), ("succeeded()", ["> leg"])]
)
def test_a_copy_that_always_runs_also_runs_when_its_turn_comes_after_a_cancel(
    run: Any, condition: str, lines: list[str]
) -> None:
    cancellation = RunCancellation()

    def listen(event: Any) -> None:
        if isinstance(event, Line) and event.text == "> leg" and not cancellation.asked:
            cancellation.cancel()

    done = run(
        f"""
        jobs:
        - job: A
          condition: {condition}
          strategy: {{parallel: 2, maxParallel: 1}}
          steps: [{{checkout: none}}, {{bash: "echo '> leg'", condition: always()}}]
        """,
        parallel=2,
        cancellation=cancellation,
        listeners=(listen,),
    )

    assert done.printed == lines
