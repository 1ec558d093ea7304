"""Ending a run, a job or a step before its time, as the agent does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Line, Notice, Reason
from modelyard.local.runner.task_process import Patience

WAITS = "echo '> started'; sleep 60 & wait"
"""A signal ends ``wait`` at once; what it has started is killed with it."""


def when(text: str, act: Callable[[], None]) -> Callable[[Event], None]:
    """A listener that acts on each such line."""

    def listen(event: Event) -> None:
        if isinstance(event, Line) and event.text == text:
            act()

    return listen


def test_the_running_step_is_interrupted_and_what_runs_always_runs(run: Any) -> None:
    cancellation = RunCancellation()
    done = run(
        f"""
        jobs:
        - job: A
          steps:
          - checkout: none
          - bash: trap 'echo "> interrupted"; exit 0' INT; {WAITS}
            displayName: running
          - bash: echo '> no'
            displayName: next
          - bash: echo "> $AGENT_JOBSTATUS"
            displayName: cleanup
            condition: always()
          - bash: echo '> canceled'
            displayName: told
            condition: canceled()
        - job: B
          dependsOn: A
          steps: [{{checkout: none}}, {{bash: "echo '> no'"}}]
        - job: C
          dependsOn: A
          condition: always()
          steps: [{{checkout: none}}, {{bash: "echo '> C'"}}]
        """,
        cancellation=cancellation,
        listeners=(when("> started", cancellation.cancel),),
    )

    assert done.printed == ["> started", "> interrupted", "> Canceled", "> canceled", "> C"]
    assert done.result == "Canceled"
    assert done.results() == {
        "__default": "Canceled",
        "__default/A": "Canceled",
        "__default/A/running": "Canceled",
        "__default/A/next": "Skipped",
        "__default/A/cleanup": "Succeeded",
        "__default/A/told": "Succeeded",
        "__default/B": "Skipped",
        "__default/C": "Succeeded",
        "__default/C/Bash": "Succeeded",
    }


def test_a_step_that_ignores_sigint_gets_sigterm(run: Any) -> None:
    cancellation = RunCancellation()
    done = run(
        f"""
        steps:
        - checkout: none
        - bash: |
            trap '' INT
            trap 'echo "> terminated"; exit 0' TERM
            {WAITS}
        """,
        cancellation=cancellation,
        listeners=(when("> started", cancellation.cancel),),
        patience=Patience(interrupt=0.01, terminate=30, streams=0.2),
    )

    assert done.printed == ["> started", "> terminated"]


def test_a_step_with_always_goes_on_until_it_is_cancelled_twice(run: Any) -> None:
    cancellation = RunCancellation()
    done = run(
        f"""
        steps:
        - checkout: none
        - bash: |
            echo '> first'
            echo '> still there'
            trap 'echo "> now"; exit 0' INT
            {WAITS}
          condition: always()
        """,
        cancellation=cancellation,
        listeners=(
            when("> first", cancellation.cancel),
            when("> started", cancellation.cancel),
        ),
    )

    assert done.printed == ["> first", "> still there", "> started", "> now"]
    assert Reason.FORCED.line in done.lines


def test_a_step_that_takes_too_long_fails(run: Any) -> None:
    clock = FakeClock()
    done = run(
        f"""
        steps:
        - checkout: none
        - bash: {WAITS}
          timeoutInMinutes: 5
        - bash: echo '> failed'
          condition: failed()
        """,
        clock=clock,
        listeners=(when("> started", lambda: clock.advance(301)),),
    )

    assert done.printed == ["> started", "> failed"]
    assert done.result == "Failed"
    assert any("timeoutInMinutes" in line for line in done.lines)


@pytest.mark.parametrize(("minutes", "ended"), [("10", True), ("0", False), ("$(late)", True)])
def test_a_job_that_takes_too_long_is_cancelled(run: Any, minutes: str, ended: bool) -> None:
    clock = FakeClock()
    done = run(
        f"""
        variables: {{late: 10}}
        jobs:
        - job: A
          timeoutInMinutes: {minutes}
          steps:
          - checkout: none
          - bash: trap 'exit 0' INT; echo '> started'; {"sleep 60 & wait" if ended else "true"}
          - bash: echo '> cleanup'
            condition: always()
        """,
        clock=clock,
        listeners=(when("> started", lambda: clock.advance(601)),),
    )

    assert done.printed == ["> started", "> cleanup"]
    assert done.node("__default", "A").result is not None
    assert done.results()["__default/A"] == ("Canceled" if ended else "Succeeded")


def test_what_runs_always_has_the_cancel_timeout(run: Any) -> None:
    clock = FakeClock()
    done = run(
        f"""
        jobs:
        - job: A
          timeoutInMinutes: 10
          cancelTimeoutInMinutes: 2
          steps:
          - checkout: none
          - bash: trap 'exit 0' INT; echo '> late'; sleep 60 & wait
          - bash: trap 'echo "> out of time"; exit 0' INT; {WAITS}
            condition: always()
        """,
        clock=clock,
        listeners=(
            when("> late", lambda: clock.advance(601)),
            when("> started", lambda: clock.advance(121)),
        ),
    )

    assert done.printed == ["> late", "> started", "> out of time"]


def test_a_failed_task_is_tried_again(run: Any) -> None:
    clock = FakeClock()
    done = run(
        """
        steps:
        - checkout: none
        - bash: echo x >> tries; echo "> $(wc -l < tries)"; [ $(wc -l < tries) = 3 ]
          retryCountOnTaskFailure: 4
        """,
        clock=clock,
    )

    assert done.printed == ["> 1", "> 2", "> 3"]
    assert done.result == "Succeeded"
    assert sum(clock.slept) == pytest.approx(1 + 4)  # RetryHelper.cs: squares of seconds


def test_a_macro_asks_for_no_more_attempts_than_there_may_be(run: Any) -> None:
    done = run(
        """
        variables: {many: 12}
        steps:
        - checkout: none
        - bash: echo '> tried'; exit 1
          retryCountOnTaskFailure: $(many)
        """,
        clock=FakeClock(),
    )

    assert done.printed == ["> tried"] * (1 + 10)


def test_nothing_of_the_job_stays(run: Any, tmp_path: Path) -> None:
    done = run("steps: [{bash: 'echo \"> $AGENT_BUILDDIRECTORY\"'}]")

    assert not Path(done.printed[0][2:]).exists()


LEAVES = """
    steps:
    - checkout: none
    - bash: |
        bash -c 'echo $$ > $HOME/one; exec sleep 60' > /dev/null 2>&1 &
        setsid bash -c 'echo $$ > $HOME/two; exec sleep 60' > /dev/null 2>&1 &
        until [ -s $HOME/one ] && [ -s $HOME/two ]; do sleep 0.01; done
    - bash: kill -0 $(cat $HOME/one) $(cat $HOME/two) && echo '> both'
"""


def test_what_a_step_leaves_running_ends_with_the_job(run: Any, tmp_path: Path) -> None:
    """As on an agent: a server that one step starts is there for the next."""
    done = run(LEAVES)

    assert done.printed == ["> both"]
    assert [is_running(tmp_path / name) for name in ("one", "two")] == [False, False]
    assert "the job's steps left 2 processes running: ended" in notices(done)


def test_a_job_may_leave_processes_running(run: Any, tmp_path: Path) -> None:
    run("    variables: {process.clean: false}" + LEAVES)

    left = [int((tmp_path / name).read_text()) for name in ("one", "two")]
    try:
        assert all(is_running(tmp_path / name) for name in ("one", "two"))
    finally:
        for pid in left:
            os.kill(pid, signal.SIGKILL)


def is_running(file: Path) -> bool:
    try:
        state = Path(f"/proc/{file.read_text().strip()}/stat").read_text().rpartition(")")[2]
    except FileNotFoundError:
        return False
    return state.split()[0] not in ("Z", "X")


def notices(ran: Any) -> list[str]:
    return [one.text for one in ran.events if isinstance(one, Notice)]
