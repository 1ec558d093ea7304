"""What act says becomes the history of a run. The lines are such as act 0.2.89 writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Events, Line, Notice
from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.runner.engine.questions import Question
from modelyard.local.runner.job import Result
from modelyard.local.runner.results.history import History
from modelyard.local.workflows import job_names
from modelyard.local.workflows.act.words import explained
from modelyard.local.workflows.collected import Collected
from modelyard.local.workflows.leaves import leaves
from modelyard.local.workflows.step_log import BEGINNING
from modelyard.local.workflows.telling import Telling
from modelyard.local.workflows.translation import Translator
from workflow_files import NewPlan

TEXT = """
    on: push
    jobs:
      build:
        runs-on: x
        steps:
          - {id: make, name: "Make ${{ inputs.x }}", run: make}
          - run: second
      deploy:
        needs: build
        environment: production
        runs-on: x
        steps: [{run: deploy}]
      legs:
        strategy: {matrix: {x: [1, 2]}}
        name: Leg
        runs-on: x
        steps: [{run: leg}]
    """


class Act:
    """Says lines to a translator."""

    def __init__(self, new_plan: NewPlan, text: str = TEXT, **files: str) -> None:
        self.events: list[Event] = []
        self.history, self.masker = History(), RunMasker()
        self.cancellation = RunCancellation()
        self.collected = Collected()
        emit = Events([self.history, self.events.append])
        tell = Telling(emit, self.masker, self.cancellation, FakeClock(), self.collected)
        self.translator = Translator(leaves(new_plan(text, **files).workflow), tell)
        self.translator.plan()
        self.job, self.matrix = "build", dict[str, Any]()
        self.below = ""
        """The job that it calls, where it does."""

    def say(self, **event: Any) -> None:
        title = "Leg" if self.job == "legs" else self.job
        name = f"main/{job_names.name_of(self.job, title, called=False)}"
        if self.below:
            name += job_names.name_of(self.below, "", called=False).removeprefix("\x1e")
        line = {"job": f"{name}-1  " if self.matrix else f"{name}  ", "matrix": self.matrix}
        self.translator.take(json.dumps({"level": "info", **line, **event}))

    def step(self, id: str, **event: Any) -> None:
        self.say(stepID=[id], **{"stage": "Main", "step": "Make it", **event})

    def run(self, id: str, result: str = "success", *lines: str) -> None:
        self.step(id, msg="⭐ Run Main x")
        for one in lines:
            self.step(id, msg=f"{one}\n", raw_output=True)
        self.step(id, msg="x", stepResult=result)

    def lines(self) -> list[str]:
        found = [one.text for one in self.events if isinstance(one, Line)]
        return [one for one in found if not one.startswith(BEGINNING)]

    def results(self, stage: str) -> list[str]:
        return [
            f"{one.title}: {one.result.text if one.result is not None else ''}"
            for one in self.history.node((stage, "Job")).children.values()
        ]


@pytest.fixture
def act(new_plan: NewPlan) -> Act:
    return Act(new_plan)


def test_a_step_that_fails(act: Act) -> None:
    act.run("make", "failure", "working")
    act.step("make", level="error", msg="exitcode '3': failure")
    act.say(jobResult="failure")

    assert act.lines() == ["working", "##[error]Process completed with exit code 3."]
    first = next(one for one in act.events if isinstance(one, Line))
    assert (first.path, first.text) == (("build", "Job", "1"), "##[section]Starting: Make it")
    assert act.results("build") == ["Make it: Failed", "Run second: Skipped"]
    [issue] = act.history.node(("build", "Job", "1")).issues
    assert issue.text == "Process completed with exit code 3."
    assert act.collected.failed


def test_a_failure_that_is_forgiven(act: Act) -> None:
    act.step("make", msg="⭐ Run Main x")
    act.step("make", msg="Failed but continue next step")
    act.step("make", msg="x", stepResult="failure")
    act.run("1")
    act.say(jobResult="success")

    assert act.results("build") == ["Make it: SucceededWithIssues", "Run second: Succeeded"]
    assert act.history.node(("build",)).result is Result.SUCCEEDED


def test_outputs_and_summaries_come_after_the_end(act: Act) -> None:
    act.run("make")
    act.step("make", command="set-output", name="a", arg="b", msg="")
    act.step("make", command="summary", content="# c", msg="")
    act.run("1")
    act.say(jobResult="success")

    path = ("build", "Job", "1")
    assert act.collected.outputs == {path: {"a": "b"}}
    assert act.collected.summaries == [(path, "# c")]


def test_masks_count_from_then_on(act: Act) -> None:
    act.run("make", "success", "word one and two")
    act.step("1", command="add-mask", arg="one\ntwo", msg="***")
    act.run("1", "success", "word one and two", "::add-mask::one")

    assert act.lines() == ["word one and two", "word *** and ***", "::add-mask::***"]


def test_release_parts_are_steps_if_they_say_something(act: Act) -> None:
    act.run("make")
    act.step("1", stage="Post", msg="⭐ Run Post x")
    act.step("1", stage="Post", msg="x", stepResult="success")
    act.step("make", stage="Post", msg="stopped\n", raw_output=True)
    act.step("make", stage="Post", msg="x", stepResult="success")
    act.say(jobResult="success")

    assert act.results("build")[2:] == ["Post Make it: Succeeded"]


def test_steps_within_an_action_are_no_steps(act: Act) -> None:
    act.step("make", msg="⭐ Run Main x")
    act.say(stepID=["make", "0"], stage="Main", msg="⭐ Run Main y")
    act.say(stepID=["make", "0"], stage="Main", msg="inside\n", raw_output=True)
    act.say(stepID=["make", "0"], stage="Main", msg="y", stepResult="failure")
    act.step("make", msg="x", stepResult="success")
    act.say(jobResult="success")

    assert act.lines() == ["inside"]
    assert act.results("build") == ["Make it: Succeeded", "Run second: Skipped"]


def test_a_rejected_job(act: Act) -> None:
    act.job = "deploy"
    answer = json.dumps({"environment": "production", "why": "rejected"})
    act.say(stepID=["modelyard-begin"], stage="Main", msg=answer, raw_output=True)
    act.say(stepID=["modelyard-begin"], stage="Main", msg="x", stepResult="failure")
    act.say(jobResult="failure")

    assert act.results("deploy") == ["Run deploy: Skipped"]
    assert act.history.node(("deploy",)).note == "rejected"
    assert act.collected.environments == {("deploy", "Job"): "production"}


def test_the_first_step_behind_an_approval(act: Act) -> None:
    act.job = "deploy"
    act.run("1")
    act.say(jobResult="success")

    assert act.results("deploy") == ["Run deploy: Succeeded"]


def test_legs_of_a_matrix(act: Act) -> None:
    act.job = "legs"
    for leg in (1, 2):
        act.matrix = {"x": leg}
        act.run("0")
        act.say(jobResult="success")

    titles = {name: one.title for name, one in act.history.root.children.items()}
    assert titles == {
        "build": "build", "legs 1": "Leg (1)", "legs 2": "Leg (2)", "deploy": "deploy",
    }  # fmt: skip


def test_why_jobs_after_a_called_workflow_were_skipped(new_plan: NewPlan) -> None:
    text = """
        on: push
        jobs:
          call: {uses: ./.github/workflows/called.yml}
          cleanup: {needs: call, if: always(), runs-on: x, steps: [{run: x}]}
          plain: {needs: call, runs-on: x, steps: [{run: x}]}
        """
    called = "{on: workflow_call, jobs: {build: {runs-on: x, steps: [{run: x}]}}}"
    act = Act(new_plan, text, **{".github__workflows__called": called})
    act.job = "call"
    act.below = "build"
    act.run("0", "failure")
    act.say(jobResult="failure")
    act.translator.close()

    assert {name: one.note for name, one in act.history.root.children.items()} == {
        "call/build": "",
        "cleanup": "act ended after call/build had failed",
        "plain": "call/build failed",
    }


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3)])
def test_a_leg_ends_as_its_own_steps_do(act: Act, order: tuple[int, ...]) -> None:
    act.job = "legs"
    for leg in order:
        act.matrix = {"x": leg}
        act.run("0", "failure" if leg == 1 else "success")
    for leg in order:  # act has one result for all legs
        act.matrix = {"x": leg}
        act.say(jobResult="failure")

    results = {one.title: one.result for one in act.history.root.children.values()}
    assert results["Leg (1)"] is Result.FAILED
    assert results["Leg (2)"] is results["Leg (3)"] is Result.SUCCEEDED
    assert act.collected.failed


def test_a_leg_that_never_began_has_failed(act: Act) -> None:
    act.job, act.matrix = "legs", {"x": 1}
    act.say(jobResult="failure")

    assert act.history.node(("legs 1",)).result is Result.FAILED


def test_a_cancelled_run(act: Act) -> None:
    act.step("make", msg="⭐ Run Main x")
    act.cancellation.cancel()
    act.step("make", msg="x", stepResult="failure")
    act.step("make", level="error", msg="this step has been cancelled: signal: killed")
    act.say(jobResult="failure")
    act.translator.close()

    assert act.results("build") == ["Make it: Canceled", "Run second: Skipped"]
    results = {name: one.result for name, one in act.history.root.children.items()}
    assert set(results.values()) == {Result.CANCELED}
    assert not act.collected.failed


def test_act_that_ends_in_the_middle(act: Act) -> None:
    act.step("make", msg="⭐ Run Main x")
    act.translator.close()

    assert act.results("build") == ["Make it: Canceled", "Run second: Skipped"]


def test_what_belongs_to_no_job(act: Act) -> None:
    act.masker.add("a-secret")
    act.translator.take("Error: a-secret is wrong")
    act.translator.take('{"level":"warning","msg":"Couldn\'t get a valid docker connection: x"}')
    act.translator.take("[1, 2]")

    assert act.translator.said == ["Error: *** is wrong", "[1, 2]"]


def test_an_error_of_the_job_itself(act: Act) -> None:
    act.say(level="error", msg="no space left")

    assert [one.text for one in act.events if isinstance(one, Notice)] == ["no space left"]


def test_a_fault_is_told_with_the_text_of_its_line() -> None:
    said = ["Error: not valid. 'w.yml': Line: 2 Column 3: Failed\nline 1: no\nFor more information"]

    assert explained(said, "w.yml", "one: 1\n  two\n") == (
        "Error: not valid. `two`: Failed\n`one: 1`: no"
    )
    assert explained(["'other.yml': Line: 2 Column 3: x"], "w.yml", "a\nb") == (
        "'other.yml': Line: 2 Column 3: x"
    )


def test_waiting_for_an_approval_is_none_of_the_jobs_time(act: Act) -> None:
    act.job = "deploy"
    begin = {"stepID": ["modelyard-begin"], "stage": "Main"}
    act.say(**begin, msg="⭐ Run Main x")
    act.translator.waiting(("deploy",), Question((), ("production",), "production waits"))
    assert act.history.node(("deploy",)).started is None
    assert act.history.node(("deploy",)).waiting == "production waits"
    act.say(**begin, msg=json.dumps({"environment": "production", "why": "ok"}), raw_output=True)
    act.say(**begin, msg="x", stepResult="success")

    assert act.history.node(("deploy",)).started is not None
    act.run("1")
    act.say(jobResult="success")
    assert act.results("deploy") == ["Run deploy: Succeeded"]


def test_why_steps_and_jobs_were_skipped(act: Act) -> None:
    act.run("make", "failure")
    act.say(jobResult="failure")
    act.job, act.matrix = "legs", {"x": 1}
    act.say(jobResult="success")
    act.translator.close()

    def note(*path: str) -> str:
        return act.history.node(path).note

    assert note("build", "Job", "2") == "an earlier step failed"
    assert note("deploy") == "build failed"
    assert note("legs 1", "Job", "1") == "its condition is false"


def test_why_steps_were_skipped_of_a_cancelled_run(act: Act) -> None:
    act.step("make", msg="⭐ Run Main x")
    act.cancellation.cancel()
    act.translator.close()

    assert act.history.node(("build", "Job", "2")).note == "the run was cancelled"
    assert act.history.node(("deploy",)).note == "the run was cancelled"
