"""What starts a run, and its inputs."""

from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.local.workflows.filling import dispatched
from modelyard.local.workflows.starting_event import chosen, inputs
from modelyard.runner_errors import PipelineError
from workflow_files import NewPlan

TEXT = """
    on:
      %s:
      workflow_dispatch:
        inputs:
          Level: {type: choice, options: [low, high], required: true}
          count: {type: number, default: 1}
          dry: {type: boolean}
    jobs: {a: {runs-on: x, steps: [{run: x}]}}
    """


@pytest.mark.parametrize(
    ("event", "wanted", "given", "found"),
    [
        ("push", None, False, "push"),
        ("push", None, True, "workflow_dispatch"),
        ("push", "workflow_dispatch", False, "workflow_dispatch"),
        ("pull_request", None, False, "pull_request"),
        ("schedule", None, False, "workflow_dispatch"),
    ],
)
def test_the_event(
    new_plan: NewPlan, event: str, wanted: str | None, given: bool, found: str
) -> None:
    workflow = new_plan(TEXT % event).workflow

    assert chosen(workflow, wanted, with_inputs=given) == found


def test_an_event_that_starts_nothing(new_plan: NewPlan) -> None:
    workflow = new_plan(TEXT % "push").workflow

    with pytest.raises(InputError, match="isn't started by pull_request") as caught:
        chosen(workflow, "pull_request", with_inputs=False)
    assert caught.value.fix == "--event push or workflow_dispatch"
    text = TEXT.replace("workflow_dispatch", "workflow_call").replace("choice", "string")
    called = new_plan(text % "schedule").workflow
    with pytest.raises(InputError, match="is started by schedule, workflow_call; here by push"):
        chosen(called, None, with_inputs=False)


def test_inputs(new_plan: NewPlan) -> None:
    workflow = new_plan(TEXT % "push").workflow

    assert inputs(workflow, "workflow_dispatch", {"level": "low"}) == {"Level": "low"}
    with pytest.raises(InputError) as caught:
        inputs(workflow, "workflow_dispatch", {"levle": "x", "count": "x", "dry": "x"})
    assert caught.value.what.splitlines() == [
        "there is no input levle (did you mean Level?)",
        "the input count is a number, not 'x'",
        "the input dry is true or false, not 'x'",
        "the input Level is missing",
    ]
    with pytest.raises(InputError, match="only workflow_dispatch has inputs"):
        inputs(workflow, "push", {"level": "low"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dry": "yes"}, "the input dry is true or false, not 'yes'"),
        ({"count": "1_000"}, "the input count is a number, not '1_000'"),
        ({"count": "nan"}, "the input count is a number, not 'nan'"),
        ({"level": ""}, "the input level is one of low, high, not ''"),
    ],
)
def test_what_is_no_value_of_an_input(
    new_plan: NewPlan, given: dict[str, str], message: str
) -> None:
    workflow = new_plan(TEXT % "push").workflow

    with pytest.raises(InputError) as caught:
        inputs(workflow, "workflow_dispatch", {"level": "low", **given})
    assert caught.value.what == message


def test_values_that_are_spelt_in_other_ways(new_plan: NewPlan) -> None:
    workflow = new_plan(TEXT % "push").workflow
    given = {"Level": "low", "dry": "TRUE", "count": "0x10"}

    assert inputs(workflow, "workflow_dispatch", given) == given
    known = dispatched(workflow.dispatch, given)
    assert known == {"level": "low", "dry": True, "count": 16}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("count: {type: number, default: 1_000}", "count is a number, not '1_000'"),
        ("count: {type: boolean, default: yes}", "count is true or false, not 'yes'"),
        ("count: {type: choice, options: [a], default: b}", "count is one of a, not 'b'"),
        ("count: {required: yes}", "required is true or false, not 'yes'"),
        ("count: {type: $(x)}", "type can't be '$(x)', only string, number, boolean, choice"),
    ],
)
def test_declarations_that_are_wrong(new_plan: NewPlan, written: str, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        new_plan((TEXT % "push").replace("count: {type: number, default: 1}", written))

    [problem] = caught.value.problems
    assert problem.message.startswith(message)
    assert problem.place.line == 7
