"""Copies of workflows say to act what the files say to GitHub."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from modelyard.local.workflows import job_names
from modelyard.local.workflows.adaption import Names, adapted
from modelyard.local.workflows.model import Plan
from modelyard.runner_errors import PipelineError
from workflow_files import CALLING, NewPlan

ODD = """
    name: "1.10"
    on:
      workflow_dispatch:
    env: {version: 1.10, quoted: "1.10", when: on, text: "yes", none: null}
    jobs:
      a:
        strategy: {matrix: {one: [1, 2]}}
        environment: production
        runs-on: windows-latest
        steps:
          - uses: $/.github/actions/own
          - uses: ./there
          - {uses: actions/upload-artifact@0123456789, with: {path: x}}
          - uses: actions/setup-python@v5
          - if: "!cancelled()"
            run: |
              echo "a: b"
              echo '# c'
          - if: ${{ github.ref }} == 'b'
            run: echo
    """


def copy_of(plan: Plan, path: str) -> dict[str, Any]:
    [source] = [one for one in plan.sources if one.path == path]
    found: dict[str, Any] = yaml.safe_load(
        adapted(source, Names.of(plan, "local/repository")).replace("\non:", "\n'on':")
    )
    return found


def own_action(new_plan: NewPlan) -> Plan:
    files = {".github__actions__own__action": "name: own\nruns: {using: node20, main: x.js}"}
    return new_plan(ODD, **files)


def test_a_caller_hands_on_the_way_to_it(new_plan: NewPlan) -> None:
    call = copy_of(new_plan(CALLING), ".github/workflows/main.yml")["jobs"]["call"]

    assert call["uses"] == "OWNER/library/.github/workflows/called.yml@local"
    assert call["with"] == {"to": "here", job_names.INPUT: "\x1ccall\x1dcall\x1d"}
    assert call["secrets"] == {"token": "${{ secrets.TOKEN }}"}


def test_a_called_workflow_takes_the_way(new_plan: NewPlan) -> None:
    found = copy_of(new_plan(CALLING), ".github/workflows/called.yml")

    inputs = found["on"]["workflow_call"]["inputs"]
    assert inputs[job_names.INPUT] == {"type": "string", "default": ""}
    assert inputs["to"] == {"type": "string", "required": True}
    assert found["name"] == "main.yml"
    way = f"${{{{ inputs.{job_names.INPUT} }}}}"
    title = "First for ${{ inputs.to }}"
    assert found["jobs"]["first"]["name"] == f"\x1e{way}\x1cfirst\x1d{title}\x1d"


def test_a_job_with_an_environment_waits_for_it(new_plan: NewPlan) -> None:
    job = copy_of(new_plan(CALLING), ".github/workflows/called.yml")["jobs"]["last"]

    assert job["runs-on"] == "modelyard-local"
    assert "container" not in job
    assert job["steps"] == [
        {
            "id": "modelyard-begin",
            "uses": "modelyard/begin@local",
            "with": {
                "environment": "${{ inputs.to }}",
                "job": f"\x1e${{{{ inputs.{job_names.INPUT} }}}}\x1clast\x1d\x1d",
            },
        },
        {"uses": "OWNER/library/actions/say@local", "with": {"text": "hello"}},
        {
            "if": "${{ steps.modelyard-begin.outcome == 'success' && (always()) }}",
            "run": "echo ${{ inputs.to }}",
        },
        {
            "if": "${{ steps.modelyard-begin.outcome == 'success' && (failure()) }}",
            "run": "echo",
        },
    ]


def test_everything_else_stays_what_it_was(new_plan: NewPlan) -> None:
    found = copy_of(own_action(new_plan), ".github/workflows/main.yml")

    assert found["env"] == {
        "version": 1.10, "quoted": "1.10", "when": True, "text": "yes", "none": None,
    }  # fmt: skip
    assert found["on"] == {"workflow_dispatch": None}
    steps = found["jobs"]["a"]["steps"]
    assert [one.get("uses") for one in steps] == [
        "modelyard/begin@local",
        "local/repository/.github/actions/own@local",
        "./there",
        "actions/upload-artifact@local",
        "actions/setup-python@v5",
        None,
        None,
    ]
    assert steps[5]["run"] == "echo \"a: b\"\necho '# c'\n"
    approved = "steps.modelyard-begin.outcome == 'success'"
    assert steps[6]["if"] == f"${{{{ {approved} && (format('{{0}} == ''b''', github.ref)) }}}}"


def test_a_condition_that_the_guard_can_not_be_put_around(new_plan: NewPlan) -> None:
    text = "{environment: here, runs-on: x, steps: [{run: x, if: 'always()) || (true'}]}"

    with pytest.raises(PipelineError, match=r"main.yml:2:\d+: \) can't be here"):
        new_plan(f"on: push\njobs: {{a: {text}}}")


def test_a_name_is_read_as_it_was_written() -> None:
    caller = job_names.handed_on("call", "To a/b", called=False, matrix=False)
    leg = caller + "\x1clegs\x1dLegs\x1d" + '{\n  "a": 1\n}'
    name = "call-1/main/\x1e" + leg + "\x1cdo\x1dDo it\x1d-2"

    assert job_names.read(name) == (
        job_names.Frame("call", "To a/b"),
        job_names.Frame("legs", "Legs", '{\n  "a": 1\n}'),
        job_names.Frame("do", "Do it"),
    )
    assert job_names.values('{"a": 1}') == {"a": 1}
    assert job_names.read("main/other") == ()


@pytest.mark.parametrize("environment", ["''", '" "', ""])
def test_an_empty_environment_is_none(new_plan: NewPlan, environment: str) -> None:
    text = "on: push\njobs: {a: {runs-on: x, environment: %s, steps: [{run: echo}]}}\n"
    plan = new_plan(text % environment)

    assert plan.workflow.jobs[0].environment == ""
    steps = copy_of(plan, ".github/workflows/main.yml")["jobs"]["a"]["steps"]
    assert steps == [{"run": "echo"}]
