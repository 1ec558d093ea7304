"""Deployments: which hooks run where, in which order, and what they leave.

Source: learn.microsoft.com, ``process/deployment-jobs`` ("Deployment strategies", "Support for
output variables") and ``build/variables`` ("Deployment job variables").
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Line, Started

VMS = {"vms": ("a", "b", "c")}


def test_rolling_goes_batch_by_batch_and_stops_at_the_first_that_fails(run: Any) -> None:
    done = run(
        """
        jobs:
        - deployment: D
          environment: VMs
          strategy:
            rolling:
              maxParallel: 1
              preDeploy: {steps: [{bash: "echo '> pre $(Environment.ResourceName)'"}]}
              deploy:
                steps: [{bash: 'echo "> to $(Environment.ResourceName)"; [ $(who) = a ]'}]
              routeTraffic: {steps: [{bash: "echo '> route $(Environment.ResourceName)'"}]}
              on:
                success: {steps: [{bash: "echo '> no'"}]}
                failure: {steps: [{bash: "echo '> $(strategy.action)'"}]}
          variables: {who: $(Environment.ResourceName)}
        """,
        resources=VMS,
    )

    assert done.printed == [
        "> pre a", "> to a", "> route a", "> pre b", "> to b", *["> reject"] * 3,
    ]  # fmt: skip
    assert done.result == "Failed"


@pytest.mark.parametrize(
    ("share", "sizes"),
    [
        ("50%", [1, 1, 1]), ("1%", [1, 1, 1]), ("67%", [2, 1]), ("100%", [3]),
        ("0", [1, 1, 1]), ("2", [2, 1]),
    ],
)  # fmt: skip
def test_of_a_share_of_the_resources_the_whole_part_goes_at_once(
    run: Any, share: str, sizes: list[int]
) -> None:
    done = run(
        f"""
        jobs:
        - deployment: D
          environment: vms
          strategy:
            rolling:
              maxParallel: {share}
              deploy: {{steps: [{{bash: "true"}}]}}
              routeTraffic: {{steps: [{{bash: "true"}}]}}
        """,
        resources=VMS,
        parallel=3,
    )

    hooks = [
        one.path[1].split()[1].partition("_")[0]
        for one in done.events
        if isinstance(one, Started) and len(one.path) == 2
    ]
    found = [len(list(same)) for _, same in groupby(hooks)]
    assert found == [size for size in sizes for _ in ("deploy", "routeTraffic")]


def test_outputs_of_rolling_are_told_apart_by_hook_and_resource(run: Any) -> None:
    done = run(
        """
        jobs:
        - deployment: D
          environment: vms
          strategy:
            rolling:
              maxParallel: 100%
              deploy:
                steps:
                - bash: echo '##vso[task.setvariable variable=o;isoutput=true]on $(who)'
                  name: s
          variables: {who: $(Environment.ResourceName)}
        - job: B
          dependsOn: D
          variables:
            a: $[dependencies.D.outputs['deploy_a.s.o']]
            c: $[dependencies.D.outputs['deploy_c.s.o']]
          steps: [{checkout: none}, {bash: "echo '> $(a), $(c)'"}]
        """,
        resources=VMS,
    )

    assert done.printed == ["> on a, on c"]


def test_canary_stops_at_the_increment_that_fails(run: Any) -> None:
    done = run(
        """
        jobs:
        - deployment: D
          environment: test
          strategy:
            canary:
              increments: [10, 50]
              deploy: {steps: [{bash: "echo '> to $(strategy.increment)'"}]}
              postRouteTraffic: {steps: [{bash: exit 1}]}
              on:
                success: {steps: [{bash: "echo '> no'"}]}
                failure: {steps: [{bash: "echo '> $(strategy.action) $(strategy.name)'"}]}
        """
    )

    assert done.printed == ["> to 10", "> reject canary"]
    assert done.result == "Failed"


def test_a_hook_has_a_pool_of_its_own(run: Any) -> None:
    clock = FakeClock()
    done = run(
        """
        jobs:
        - deployment: D
          environment: test
          strategy:
            runOnce:
              deploy: {steps: [{bash: "echo '> deployed'"}]}
              routeTraffic:
                pool: server
                steps: [{task: Delay@1, inputs: {delayForMinutes: '3'}}]
              postRouteTraffic: {steps: [{bash: "echo '> checked'"}]}
        """,
        clock=clock,
    )

    assert done.printed == ["> deployed", "> checked"]
    assert sum(clock.slept) == pytest.approx(180, abs=1)


def test_the_variables_of_a_deployment(run: Any) -> None:
    done = run(
        """
        jobs:
        - deployment: D
          environment: {name: test, resourceName: vm1}
          strategy:
            runOnce:
              deploy:
                steps:
                - bash: |
                    echo "> $ENVIRONMENT_NAME $ENVIRONMENT_RESOURCENAME $STRATEGY_NAME"
                    echo "> $STRATEGY_CYCLENAME $STRATEGY_ACTION"
                    echo "> ids $ENVIRONMENT_ID $ENVIRONMENT_RESOURCEID"
        """
    )

    names, cycle, ids = done.printed
    assert (names, cycle) == ("> test vm1 runOnce", "> Iteration deploy")
    first, second = ids.split()[2:]
    assert first.isdigit()
    assert second.isdigit()
    assert first != second


@pytest.mark.parametrize(
    ("script", "end"),
    [("true", "> PostIteration promote"), ("false", "> PostIteration reject")],
)
def test_the_cycle_of_both_ends(run: Any, script: str, end: str) -> None:
    told = "steps: [{bash: 'echo \"> $(Strategy.CycleName) $(Strategy.Action)\"'}]"
    done = run(
        f"""
        jobs:
        - deployment: D
          environment: e
          strategy:
            runOnce:
              deploy: {{steps: [{{bash: '{script}'}}]}}
              on: {{success: {{{told}}}, failure: {{{told}}}}}
        """
    )

    assert done.printed == [end]


def test_a_cancelled_deployment_runs_neither_end(run: Any) -> None:
    cancellation = RunCancellation()
    done = run(
        """
        jobs:
        - deployment: D
          environment: e
          strategy:
            runOnce:
              deploy: {steps: [{bash: "echo '> started'; sleep 60 & wait"}]}
              on:
                success: {steps: [{bash: "echo '> success'"}]}
                failure: {steps: [{bash: "echo '> failure'"}]}
        """,
        cancellation=cancellation,
        listeners=(
            lambda event: cancellation.cancel() if event == Line(event.path, "> started") else None,
        ),
    )

    assert done.printed == ["> started"]
    assert done.result == "Canceled"
