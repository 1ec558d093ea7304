"""What is wrong with a workflow is told before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.workflows.leaves import leaves
from modelyard.runner_errors import PipelineError
from workflow_files import CALLING, NewPlan


def problems(new_plan: NewPlan, text: str, **files: str) -> list[str]:
    with pytest.raises(PipelineError) as caught:
        new_plan(text, **files)
    return [str(one) for one in caught.value.problems]


def steps(*lines: str) -> str:
    body = "".join(f"          - {line}\n" for line in lines)
    return f"    on: push\n    jobs:\n      a:\n        runs-on: x\n        steps:\n{body}"


def test_a_called_workflow_is_part_of_the_plan(new_plan: NewPlan) -> None:
    plan = new_plan(CALLING)

    found = leaves(plan.workflow)
    assert [(one.key, one.after) for one in found] == [
        ("call/first", ()),
        ("call/last", ("call/first",)),
    ]
    assert found[1].job.environment == "${{ inputs.to }}"
    assert set(plan.secrets) == {"TOKEN"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("to: here", "too: here", "too is no input of the workflow OWNER/library/.github/"),
        ("{to: here}", "{}", "to is missing, a required input of the workflow"),
        ("token:", "tokens:", "tokens is no secret of the workflow"),
        ("called.yml", "kalled.yml", "can't be read (No such file or directory)"),
        ("OWNER/library", "OWNER/other", "give it with --repository OWNER/other=PATH"),
        ("push", "[push, nothing", "this isn't YAML"),
        ("uses: OWNER", "runs-on: x\n        uses: OWNER", "a job that calls a workflow can't"),
        ("uses: OWNER", "useses: OWNER", "useses isn't known of a job (did you mean uses?)"),
        (".github/workflows/called.yml@v1", "actions/say@v1", "isn't a reusable workflow"),
    ],
)
def test_a_wrong_call(new_plan: NewPlan, old: str, new: str, message: str) -> None:
    assert old in CALLING
    found = problems(new_plan, CALLING.replace(old, new))

    assert any(message in one for one in found), found
    assert all(one.startswith(".github/workflows/main.yml:") for one in found)


def test_links_in_a_circle_are_told(new_plan: NewPlan, library: Path) -> None:
    called = library / ".github/workflows/called.yml"
    called.unlink()
    called.symlink_to("called.yml")

    [found] = problems(new_plan, CALLING)
    assert "called.yml@OWNER/library can't be read" in found


def test_a_misspelt_name_is_told_with_the_nearest(new_plan: NewPlan) -> None:
    [found] = problems(new_plan, CALLING.replace("to: here", "to: here, oftne: 2"))

    assert found == (
        ".github/workflows/main.yml:6:22: oftne is no input of the workflow "
        "OWNER/library/.github/workflows/called.yml@v1 (did you mean often?)"
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("uses: OWNER/library/actions/sai@v1", "there is no action OWNER/library/actions/sai@v1 "),
        ("{uses: OWNER/library/actions/say@v1, with: {txt: a}}", "txt is no input of OWNER/"),
        ("{uses: OWNER/library/actions/say@v1, run: a}", "run and uses, and can have only one"),
        ("name: nothing", "neither run nor uses"),
        ("uses: docker://alpine", "a container action can't run"),
        ("uses: checkout", "checkout isn't an action"),
        ("{uses: actions/upload-artifact@v4, with: {name: a}}", "path is missing"),
        ("{uses: actions/download-artifact@v4, with: {nam: a}}", "nam is no input"),
        ("uses: actions/upload-artifact/merge@v4", "can't run here"),
        ("text", "a step is a mapping, not a text"),
        (
            "{run: echo 3, id: Modelyard-Begin}",
            "the id Modelyard-Begin is that of the step which a job begins with here",
        ),
    ],
)
def test_a_wrong_step(new_plan: NewPlan, step: str, message: str) -> None:
    found = problems(new_plan, steps(step))

    assert any(message in one for one in found), found


def test_the_secrets_that_are_asked_for(new_plan: NewPlan) -> None:
    """Not what a text has, nor what is behind one."""
    text = """
        on: push
        jobs:
          a:
            runs-on: x
            steps:
              - if: vars['Second']
                run: echo ${{ format('secrets.NOT }} {0}', secrets['one']) }} secrets.NEITHER
              - run: echo ${{ toJSON(secrets) }} ${{ github.secrets.nor }}
        """
    plan = new_plan(text)

    assert set(plan.secrets) == {"ONE"}
    assert set(plan.variables) == {"SECOND"}


def test_jobs_that_wait_for_each_other(new_plan: NewPlan) -> None:
    text = """
        on: push
        jobs:
          a: {needs: b, runs-on: x, steps: [{run: x}]}
          b: {needs: [a, cc], runs-on: x, steps: [{run: x}]}
          c: {needs: b, runs-on: x, steps: [{run: x}]}
        """
    found = problems(new_plan, text)

    assert found == [
        ".github/workflows/main.yml:4:3: these jobs wait for each other: a -> b -> a",
        ".github/workflows/main.yml:5:3: b needs cc, and there is no such job (did you mean c?)",
    ]


@pytest.mark.parametrize(
    "written", ["workflow_dispach", "[push, workflow_dispach]", "{push: , workflow_dispach: }"]
)
def test_an_event_that_there_is_not(new_plan: NewPlan, written: str) -> None:
    [found] = problems(new_plan, f"on: {written}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}")

    assert found.startswith(".github/workflows/main.yml:1:")
    assert found.endswith(
        "on: there is no event 'workflow_dispach' (did you mean workflow_dispatch?)"
    )


def test_a_workflow_that_calls_itself(new_plan: NewPlan) -> None:
    text = """
        on: [push, workflow_call]
        jobs:
          a: {uses: ./.github/workflows/main.yml}
        """
    [found] = problems(new_plan, text)

    assert found.endswith("./.github/workflows/main.yml calls itself")


def test_what_is_not_on_this_machine_is_not_checked(new_plan: NewPlan) -> None:
    plan = new_plan(steps("uses: actions/checkout@v5", "uses: actions/setup-python@v5"))

    assert [uses for _, uses in plan.unchecked] == ["actions/setup-python@v5"]


def test_an_action_that_the_job_may_bring_is_a_warning(new_plan: NewPlan) -> None:
    plan = new_plan(steps("uses: ./made/later"))

    [(place, message)] = plan.warnings
    assert str(place) == ".github/workflows/main.yml:6:9"
    assert message.startswith("there is no action ./made/later")


def test_anchors_are_taken(new_plan: NewPlan) -> None:
    text = """
        on: push
        jobs:
          a: {runs-on: x, steps: &both [{run: one}, {run: two}]}
          b: {runs-on: x, steps: *both}
        """
    found = leaves(new_plan(text).workflow)

    assert [len(one.job.steps) for one in found] == [2, 2]
    [unknown] = problems(new_plan, text.replace("*both", "*other"))
    assert "*other: there is no such anchor above" in unknown


def test_aliases_that_grow_without_end(new_plan: NewPlan) -> None:
    lines = ["env:", "  a0: &a0 [x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    [found] = problems(new_plan, "\n".join([*lines, "on: push", "jobs: {}"]))

    assert "is too large with its aliases replaced" in found


def test_one_job_and_what_it_needs(new_plan: NewPlan) -> None:
    text = """
        on: push
        jobs:
          a: {runs-on: x, steps: [{run: x}]}
          b: {needs: a, runs-on: x, steps: [{run: x}], strategy: {matrix: {x: [1, 2]}}}
          c: {needs: b, runs-on: x, steps: [{run: x}]}
          d: {runs-on: x, steps: [{run: x}]}
        """
    workflow = new_plan(text).workflow

    assert [one.key for one in leaves(workflow, "b")] == ["a", "b"]
    assert [one.key for one in leaves(workflow)] == ["a", "d", "b", "c"]
    assert [one.copies for one in leaves(workflow)] == [False, False, True, False]
