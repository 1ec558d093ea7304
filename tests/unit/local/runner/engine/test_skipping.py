"""Why something was skipped, and what a person is asked to approve."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.local.runner.display.plain import PlainDisplay
from modelyard.local.runner.engine.questions import to_approve
from modelyard.local.runner.engine.skipping import of_graph, of_step
from modelyard.local.runner.job import Result
from modelyard.local.runner.results.history import History

TEXT = """
    stages:
    - stage: A
      jobs:
      - job: J
        steps:
        - checkout: none
        - {bash: exit 1, displayName: fails}
        - {bash: echo, displayName: after}
        - {bash: echo, displayName: false, condition: 'eq(1, 2)'}
      - {job: K, dependsOn: J, steps: [{bash: echo}]}
    - {stage: B, dependsOn: A, jobs: [{job: J, steps: [{bash: echo}]}]}
    - {stage: C, dependsOn: B, jobs: [{job: J, steps: [{bash: echo}]}]}
    - {stage: D, dependsOn: [], condition: false, jobs: [{job: J, steps: [{bash: echo}]}]}
    """


def test_why_is_told_of_each(run: Any) -> None:
    done = run(TEXT)

    notes = {"/".join(one.path): one.note for one in done.history.root.below()}
    steps = {one.title: one.note for one in done.history.node(("A", "J")).children.values()}
    assert steps["after"] == "an earlier step failed"
    assert steps["false"] == "its condition is false"
    assert notes["A/K"] == "J failed"
    assert (notes["B"], notes["C"]) == ("A failed", "A failed")
    assert notes["D"] == "its condition is false"


@pytest.mark.parametrize(("stage", "before"), [("", ""), ("A", "A: ")])
def test_why_a_stage_failed_before_it_began_is_an_error_of_the_run(
    run: Any, stage: str, before: str
) -> None:
    """A file without stages has no row that could tell it."""
    steps = "steps: [{bash: echo}]"
    rest = f"stages: [{{stage: {stage}, jobs: [{{job: J, {steps}}}]}}]" if stage else steps
    out = io.StringIO()
    history = History()

    done = run(
        f"""
        variables: {{f: "$[gt(1, variables['Build.Reason'])]"}}
        {rest}
        """,
        listeners=(history, PlainDisplay(history, out)),
    )

    assert done.result == "Failed"
    (notice,) = done.history.notices
    assert (notice.level, notice.text.startswith(f"{before}gt: ")) == ("error", True), notice
    assert f"##[error]{notice.text}\n" in out.getvalue()


def test_a_job_without_an_agent_tells_the_same(run: Any) -> None:
    done = run(
        """
        jobs:
        - job: J
          pool: server
          steps:
          - {task: Delay@1, inputs: {delayForMinutes: soon}, displayName: forgiven,
             continueOnError: true}
          - {task: Delay@1, inputs: {delayForMinutes: soon}, displayName: fails}
          - {task: Delay@1, inputs: {delayForMinutes: 0}, displayName: after}
          - {task: Delay@1, inputs: {delayForMinutes: 0}, displayName: off, enabled: $(off)}
        variables: {off: false}
        """
    )

    steps = {one.title: one for one in done.history.node(("__default", "J")).children.values()}
    assert steps["forgiven"].result is Result.SUCCEEDED_WITH_ISSUES
    assert "delayForMinutes is a whole number" in steps["forgiven"].note
    assert steps["after"].note == "an earlier step failed"
    assert steps["off"].note == "it isn't enabled"


@pytest.mark.parametrize(
    ("status", "holds", "expected"),
    [
        (Result.CANCELED, True, "the run was cancelled"),
        (Result.FAILED, True, "an earlier step failed"),
        (Result.FAILED, False, "its condition is false"),
        (Result.SUCCEEDED, True, "its condition is false"),
    ],
)
def test_a_step(status: Result, holds: bool, expected: str) -> None:
    assert of_step(status, lambda _: holds) == expected


def test_a_job_or_a_stage() -> None:
    well, before = {"a": Result.SUCCEEDED}, {"a": Result.SKIPPED}

    assert of_graph(before, lambda one: one == well, canceled=True) == "the run was cancelled"
    assert of_graph(before, lambda one: one == well, canceled=False) == "a didn't run"
    assert of_graph(before, lambda _: False, canceled=True) == "its condition is false"
    assert of_graph(well, lambda one: one == well, canceled=False) == "its condition is false"


def test_what_the_condition_minds_is_blamed() -> None:
    """``succeededOrFailed()`` of a job after one that failed and one that was skipped."""
    before = {"f": Result.FAILED, "g": Result.SKIPPED, "h": Result.CANCELED}

    def holds(results: Mapping[str, Result]) -> bool:
        return not {Result.SKIPPED, Result.CANCELED} & set(results.values())

    assert of_graph(before, holds, canceled=False) == "g didn't run"
    del before["g"]
    assert of_graph(before, holds, canceled=False) == "h was cancelled"


def test_what_is_approved_is_told() -> None:
    jobs = {"deploy": [f"step {number}" for number in range(10)], **{f"j{n}": [] for n in range(6)}}

    lines = to_approve("Production", "prod", jobs=jobs).splitlines()

    assert lines[0] == "Production, to the environment prod:"
    assert lines[1].startswith("  deploy: step 0, step 1")
    assert lines[1].endswith("step 7 and 2 more")
    assert lines[-1] == "  and 2 more jobs"
