"""Which jobs act doesn't come to once a job of a called workflow has failed."""

from __future__ import annotations

import pytest

from modelyard.local.workflows.leaves import Leaf, leaves
from modelyard.local.workflows.unreached import ended_by, may_run_after_failure
from workflow_files import NewPlan

STEPS = "runs-on: x, steps: [{run: x}]"
MAIN = f"""
    on: push
    jobs:
      ok: {{{STEPS}}}
      call: {{uses: ./.github/workflows/outer.yml}}
      beside: {{{STEPS}}}
      cleanup: {{needs: call, if: always(), {STEPS}}}
      failed: {{needs: call, if: "${{{{ failure() && github.ref }}}}", {STEPS}}}
      plain: {{needs: call, if: github.ref, {STEPS}}}
      other: {{needs: OK, {STEPS}}}
    """
OUTER = f"""
    on: workflow_call
    jobs:
      inner: {{uses: ./.github/workflows/inner.yml}}
      beside: {{{STEPS}}}
      next: {{needs: inner, if: always(), {STEPS}}}
    """
INNER = f"""
    on: workflow_call
    jobs:
      fails: {{{STEPS}}}
      next: {{needs: fails, if: always(), {STEPS}}}
    """


@pytest.fixture
def found(new_plan: NewPlan) -> dict[str, Leaf]:
    files = {".github__workflows__outer": OUTER, ".github__workflows__inner": INNER}
    return {one.key: one for one in leaves(new_plan(MAIN, **files).workflow)}


def unreached(found: dict[str, Leaf], failed: str) -> set[str]:
    everything = found.values()
    return {key for key, one in found.items() if ended_by(one, [found[failed]], everything)}


def test_later_rounds_of_those_that_call(found: dict[str, Leaf]) -> None:
    assert unreached(found, "call/inner/fails") == {
        "call/next", "cleanup", "failed", "plain", "other"
    }  # fmt: skip
    assert unreached(found, "call/beside") == {"cleanup", "failed", "plain", "other"}


def test_a_job_of_the_workflow_itself_ends_nothing(found: dict[str, Leaf]) -> None:
    assert unreached(found, "ok") == set()


def test_conditions_that_ask_for_the_end_of_earlier_jobs(found: dict[str, Leaf]) -> None:
    assert {key for key, one in found.items() if may_run_after_failure(one)} == {
        "call/inner/next", "call/next", "cleanup", "failed"
    }  # fmt: skip
