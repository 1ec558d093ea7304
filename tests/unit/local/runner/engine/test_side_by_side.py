"""Two jobs at once: what one does to itself must not touch the other, but secrets are everybody's.

Jobs meet at a pipe in the folder HOME, so that both are known to run when the point comes.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from modelyard.clock import FakeClock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Line
from modelyard.local.runner.engine.masking import RunMasker


def test_a_secret_of_one_job_is_masked_in_the_log_of_another(run: Any) -> None:
    """An agent knows its own job's secrets only; here all logs lie in one folder."""
    done = run(
        """
        jobs:
        - job: A
          timeoutInMinutes: 1
          steps:
          - checkout: none
          - bash: echo '##vso[task.setvariable variable=s;issecret=true]open-sesame'
          - bash: | # a step of its own: by now the runner has read what the last one said
              mkfifo $HOME/set $HOME/shown 2>/dev/null
              echo > $HOME/set; cat $HOME/shown > /dev/null
        - job: B
          timeoutInMinutes: 1
          steps:
          - checkout: none
          - bash: |
              mkfifo $HOME/set $HOME/shown 2>/dev/null
              cat $HOME/set > /dev/null
              printf '> %s\\n' "open"-sesame; echo > $HOME/shown
        """,
        parallel=2,
    )

    assert done.result == "Succeeded"
    assert sorted(done.printed) == ["> ***"]


def test_no_secret_is_lost_when_jobs_add_theirs_at_once() -> None:
    masker = RunMasker()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=_add, args=(masker, number)) for number in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    finally:
        sys.setswitchinterval(before)

    kept = [f"s-{who}-{n}!" for who in range(8) for n in range(60)]
    assert [one for one in kept if masker.mask(one) != "***"] == []


def _add(masker: RunMasker, who: int) -> None:
    for number in range(60):
        masker.add(f"s-{who}-{number}!")


SLOW_AND_FAST = """
    jobs:
    - job: slow
      timeoutInMinutes: 5
      steps:
      - checkout: none
      - bash: trap 'echo "> ended"; exit 0' INT; echo '> both'; sleep 60 & wait
      - bash: echo '> cleanup'; mkfifo $HOME/over 2>/dev/null; echo > $HOME/over
        condition: always()
    - job: fast
      timeoutInMinutes: 50
      steps:
      - checkout: none
      - bash: mkfifo $HOME/over 2>/dev/null; cat $HOME/over > /dev/null; echo '> to the end'
      - bash: echo "> $AGENT_JOBSTATUS"
    """


def test_a_job_out_of_time_ends_alone(run: Any) -> None:
    clock = FakeClock()

    def late(event: Event) -> None:
        if isinstance(event, Line) and event.text == "> both":
            clock.advance(301)

    done = run(SLOW_AND_FAST, clock=clock, listeners=(late,), parallel=2)

    assert sorted(done.printed) == ["> Succeeded", "> both", "> cleanup", "> ended", "> to the end"]
    results = done.results()
    assert (results["__default/slow"], results["__default/fast"]) == ("Canceled", "Succeeded")


def test_a_cancelled_run_ends_all_its_jobs_and_each_cleans_up(run: Any) -> None:
    cancellation = RunCancellation()
    ready: list[str] = []

    def cancel(event: Event) -> None:
        if isinstance(event, Line) and event.text == "> ready":
            ready.append(event.path[1])
            if len(ready) == 2:
                cancellation.cancel()

    done = run(
        """
        jobs:
        - ${{ each name in split('A,B', ',') }}:
          - job: ${{ name }}
            steps:
            - checkout: none
            - bash: trap 'echo "> ${{ name }} ended"; exit 0' INT; echo '> ready'; sleep 60 & wait
            - bash: echo '> ${{ name }} cleanup'
              condition: always()
        """,
        cancellation=cancellation,
        listeners=(cancel,),
        parallel=2,
    )

    assert sorted(done.printed) == [
        "> A cleanup", "> A ended", "> B cleanup", "> B ended", "> ready", "> ready",
    ]  # fmt: skip
    assert done.result == "Canceled"


def test_jobs_whose_names_look_alike_have_folders_of_their_own(run: Any) -> None:
    done = run(
        """
        jobs:
        - job: b
          timeoutInMinutes: 1
          strategy: {matrix: {c: {}}}
          steps:
          - checkout: none
          - bash: |
              pwd > $HOME/leg; mkfifo $HOME/over 2>/dev/null
              cat $HOME/over > /dev/null # until the other job has ended
              test -d . && echo "> $(pwd)"
        - job: b_c
          timeoutInMinutes: 1
          steps: [{checkout: none}, {bash: 'echo "> $(pwd)"'}]
        - job: last
          dependsOn: b_c
          timeoutInMinutes: 1
          steps: [{checkout: none}, {bash: mkfifo $HOME/over 2>/dev/null; echo > $HOME/over}]
        """,
        parallel=2,
    )

    assert done.result == "Succeeded"
    assert len(set(done.printed)) == 2


def test_logs_of_jobs_whose_names_look_alike_are_apart(run: Any) -> None:
    done = run(
        """
        variables: {legs: '{"c d": {}, "c-d": {}}'}
        jobs:
        - job: b
          strategy: {matrix: "$[ variables.legs ]"}
          steps: [{checkout: none}, {bash: 'echo "> $SYSTEM_JOBNAME"'}]
        """
    )

    logs = [one.read_text().splitlines() for one in done.folder.glob("logs/*/*/*.log")]
    assert sorted([line for line in log if line[0] == ">"] for log in logs) == [
        ["> c d"],
        ["> c-d"],
    ]


def test_jobs_with_long_names_have_folders(run: Any) -> None:
    leg = "l" * 90
    done = run(
        f"""
        stages:
        - stage: {"s" * 100}
          jobs:
          - job: {"j" * 90}
            strategy: {{matrix: {{{leg}: {{}}}}}}
            steps: [{{checkout: none}}, {{bash: echo '> ran'}}]
        """
    )

    assert done.printed == ["> ran"]
