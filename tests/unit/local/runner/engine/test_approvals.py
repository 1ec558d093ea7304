"""What waits for a person, and jobs without an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.questions import Question

DEPLOY = """
    stages:
    - stage: first
      jobs: [{job: J, steps: [{checkout: none}, {bash: "echo '> first'"}]}]
    - stage: live
      jobs:
      - deployment: D
        environment: $(where)
        strategy: {runOnce: {deploy: {steps: [{bash: "echo '> deployed'"}]}}}
      - deployment: E
        environment: Production
        strategy: {runOnce: {deploy: {steps: [{bash: "echo '> deployed'"}]}}}
    variables: {where: production}
    """


class Somebody:
    """Answers the questions in turn; notes them."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool | None:
        self.asked.append(question)
        return self.answers.pop(0)


class Patient:
    """Never answers; time goes by."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def ask(self, question: Question, is_over: Callable[[], bool]) -> None:
        while not is_over():
            self.clock.advance(30)


def test_a_stage_begins_when_all_its_environments_are_approved(run: Any) -> None:
    somebody = Somebody(True, True)
    done = run(DEPLOY, person=somebody)

    assert done.printed == ["> first", "> deployed", "> deployed"]
    assert [one.text for one in somebody.asked] == [
        "production waits for your approval",
        "Production waits for your approval",
    ]


def test_a_rejected_stage_fails_and_nothing_of_it_runs(run: Any) -> None:
    done = run(DEPLOY, person=Somebody(False))

    assert done.printed == ["> first"]
    assert done.result == "Failed"
    assert done.node("live").note == "rejected"


@pytest.mark.parametrize(
    "settings", [{"approve_all": True}, {"approved": frozenset({"production"})}]
)
def test_it_may_be_approved_beforehand(run: Any, settings: dict[str, Any]) -> None:
    assert run(DEPLOY, person=None, **settings).printed[1:] == ["> deployed"] * 2


def test_without_a_terminal_it_says_what_to_do(run: Any) -> None:
    done = run(DEPLOY)

    assert done.printed == ["> first"]
    assert done.result == "Failed"
    assert "--approve production, or --yes" in done.node("live").note


def test_an_environment_that_needs_no_approval_asks_nobody(run: Any) -> None:
    done = run(DEPLOY, approvals=frozenset({"other"}))

    assert done.printed[1:] == ["> deployed"] * 2


def test_a_stage_is_started_by_hand(run: Any) -> None:
    text = """
        stages:
        - stage: A
          trigger: manual
          jobs: [{job: J, steps: [{checkout: none}, {bash: "echo '> A'"}]}]
        """
    assert run(text, person=Somebody(True)).printed == ["> A"]
    assert run(text, approved=frozenset({"a"})).printed == ["> A"]


VALIDATION = """
    jobs:
    - job: check
      pool: server
      steps:
      - task: ManualValidation@1
        timeoutInMinutes: 10
        inputs: {notifyUsers: '', instructions: look at $(what), onTimeout: %s}
    - job: after
      dependsOn: check
      steps: [{checkout: none}, {bash: "echo '> after'"}]
    variables: {what: the page}
    """


@pytest.mark.parametrize("answer", [True, False])
def test_a_manual_validation_asks(run: Any, answer: bool) -> None:
    somebody = Somebody(answer)
    done = run(VALIDATION % "reject", person=somebody)

    assert done.printed == (["> after"] if answer else [])
    assert somebody.asked[0].instructions == "look at the page"
    assert done.result == ("Succeeded" if answer else "Failed")


@pytest.mark.parametrize(("ending", "went_on"), [("resume", True), ("reject", False)])
def test_a_manual_validation_ends_as_it_says(run: Any, ending: str, went_on: bool) -> None:
    clock = FakeClock()
    started = clock.time()
    done = run(VALIDATION % ending, person=Patient(clock), clock=clock)

    assert done.printed == (["> after"] if went_on else [])
    assert 600 <= clock.time() - started < 700


def test_a_validation_resumes_no_job_whose_time_is_over(run: Any) -> None:
    clock = FakeClock()
    text = VALIDATION.replace("timeoutInMinutes: 10", "timeoutInMinutes: 0")
    text = text.replace("pool: server", "pool: server\n      timeoutInMinutes: 10")
    done = run(text % "resume", person=Patient(clock), clock=clock)

    assert (
        done.node("__default", "check", "1").note == "the job took longer than its timeoutInMinutes"
    )
    assert (done.result, done.printed) == ("Canceled", [])


def test_a_cancel_ends_a_question(run: Any) -> None:
    cancellation = RunCancellation()

    class Leaves:
        def ask(self, question: Question, is_over: Callable[[], bool]) -> None:
            cancellation.cancel()
            assert is_over()

    done = run(DEPLOY, person=Leaves(), cancellation=cancellation)

    assert done.printed == ["> first"]
    assert done.result == "Canceled"


def test_a_delay_lets_time_pass(run: Any) -> None:
    clock = FakeClock()
    started = clock.time()
    run(
        """
        jobs:
        - job: wait
          pool: server
          steps: [{task: Delay@1, inputs: {delayForMinutes: 30}}]
        """,
        clock=clock,
    )

    assert clock.time() - started == pytest.approx(1800, abs=1)


LATE = """
    stages:
    - stage: live
      variables: {where: $(site)uction}
      jobs:
      - job: A
        steps:
        - checkout: none
        - bash: echo '##vso[task.setvariable variable=e;isoutput=true]production'
          name: s
      - deployment: D
        dependsOn: A
        variables: {late: "$[dependencies.A.outputs['s.e']]", site: prod}
        environment: $(%s)
        strategy: {runOnce: {deploy: {steps: [{bash: "echo '> deployed'"}]}}}
    """


def test_an_environment_may_be_named_by_variables_of_stage_and_job(run: Any) -> None:
    somebody = Somebody(True)
    done = run(LATE % "where", person=somebody)

    assert [one.text for one in somebody.asked] == ["production waits for your approval"]
    assert done.printed == ["> deployed"]


def test_no_name_that_only_a_job_knows_gets_around_an_approval(run: Any) -> None:
    done = run(LATE % "late", person=Somebody())

    assert done.printed == []
    assert done.result == "Failed"
    assert "needs an approval" in done.node("live", "D").note


class Slow:
    """Says yes after ten minutes."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked: list[Question] = []

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool:
        self.asked.append(question)
        self.clock.advance(600)
        return True


def test_waiting_for_an_approval_is_none_of_the_stages_time(run: Any) -> None:
    clock = FakeClock()
    slow = Slow(clock)
    done = run(DEPLOY, person=slow, clock=clock)

    live = done.history.node(("live",))
    assert done.result == "Succeeded"
    assert live.seconds(clock.time()) < 600
    assert live.started - done.history.node(("first",)).ended >= 600
    assert slow.asked[0].instructions.splitlines() == [
        "live, to the environment production:",
        "  D: DownloadPipelineArtifact, Bash",
        "  E: DownloadPipelineArtifact, Bash",
    ]
