"""The expanded YAML and the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from modelyard.local.runner.pipeline import KnownInput, KnownTask, graph, render
from modelyard.local.runner.pipeline.plan import Place, Plan

EVERYTHING = """\
name: $(Date:yyyyMMdd)$(Rev:.r)
appendCommitMessageToRunName: false
trigger: {branches: {include: [main]}, batch: true}
pr: none
schedules: [{cron: '0 0 * * *', branches: {include: [main]}}]
lockBehavior: sequential
resources:
  builds: [{build: b, type: Jenkins, connection: c, source: s}]
  repositories: [{repository: r, type: github, name: o/r, ref: refs/tags/v1,
    endpoint: e, trigger: none}]
  pipelines: [{pipeline: p, source: s, project: q, version: '1', branch: main, tags: [t],
    trigger: true}]
  containers:
  - container: c
    image: i:1
    endpoint: e
    env: {A: b}
    ports: ['1:2']
    volumes: [/a:/b]
    options: --x
    mapDockerSocket: false
    mountReadOnly: {work: true, tasks: true}
    type: ACR
variables:
- {name: v, value: '1', readonly: true}
- group: g
pool: {name: n, demands: [d]}
stages:
- stage: A
  displayName: Stage A
  trigger: manual
  isSkippable: false
  lockBehavior: runLatest
  variables: {s: "true"}
  jobs:
  - job: One
    displayName: Job one
    strategy: {matrix: {x: {a: '1'}, y: {a: '2'}}, maxParallel: 1}
    container: c
    services: {db: c, cache: 'redis:7', other: {image: o, env: {B: c}}}
    timeoutInMinutes: 7
    cancelTimeoutInMinutes: 1
    continueOnError: true
    workspace: {clean: all}
    uses: {repositories: [r], pools: [q]}
    steps:
    - checkout: self
      fetchDepth: 1
      displayName: Get it
    - checkout: r
    - script: "line one\\n  line two\\n"
      name: n1
      displayName: 'yes'
      condition: eq(variables['x'], 'y')
      enabled: false
      continueOnError: true
      timeoutInMinutes: 3
      retryCountOnTaskFailure: 2
      env: {A: "no", B: "1.10", C: "  padded "}
      target: {container: c, commands: restricted, settableVariables: [a, b]}
    - {bash: x, target: host}
    - {pwsh: x, target: {settableVariables: none}}
    - {publish: out, artifact: a}
    - {download: p, artifact: a}
  - job: Two
    dependsOn: One
    strategy: {parallel: 3}
    steps: [{checkout: none}, {script: x}]
  - job: Three
    dependsOn: [One, Two]
    pool: server
    condition: always()
    strategy: {matrix: "$[ dependencies.One.outputs['x.n1.m'] ]"}
    steps: [{task: Delay@1, inputs: {delayForMinutes: '1'}}]
- stage: B
  pool: {vmImage: v}
  condition: failed()
  jobs:
  - deployment: Run
    environment: {name: e, resourceName: r, resourceType: Kubernetes, tags: 'a,b'}
    strategy:
      canary:
        increments: [10, 20]
        preDeploy: {pool: server, steps: [{task: Delay@1}]}
        deploy: {steps: [{download: none}, {script: x}]}
        on: {failure: {steps: [{script: bad}]}, success: {pool: other, steps: [{script: good}]}}
  - deployment: Roll
    environment: e
    strategy: {rolling: {maxParallel: 50%, deploy: {steps: [{script: x}]}}}
- stage: C
  dependsOn: []
  jobs: [{job: J, steps: []}]
"""


def without_places(value: Any) -> Any:
    """The plan as plain values, but for places and the words that a short form had."""
    if isinstance(value, Place):
        return None
    if is_dataclass(value):
        return {
            name: without_places(getattr(value, name))
            for name in value.__dataclass_fields__
            if name not in ("keyword", "subject")
        }
    if isinstance(value, dict):
        return {key: without_places(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [without_places(one) for one in value]
    return value


def test_reading_what_was_written_gives_the_same_plan(planned: Callable[..., Plan]) -> None:
    first = planned(EVERYTHING)
    again = planned(render(first))
    assert without_places(again.pipeline) == without_places(first.pipeline)
    assert render(again) == render(first)


def test_texts_stay_texts(planned: Callable[..., Plan]) -> None:
    text = render(planned(EVERYTHING))
    assert "A: 'no'" in text
    assert "B: '1.10'" in text
    assert "script: |\n          line one\n" in text


def test_the_graph(planned: Callable[..., Plan]) -> None:
    assert graph(planned(EVERYTHING)) == (
        "stage A\n"
        "|- job One: matrix of 2 legs (x, y); 7 steps\n"
        "|- job Two: after One; 3 in parallel; 1 step\n"
        "`- server job Three: after One, Two; matrix of legs known when it runs; 1 step; "
        "if always()\n"
        "stage C\n"
        "`- job J: 0 steps\n"
        "stage B: after A; if failed()\n"
        "|- deployment (canary) Run: to e.r; 4 steps\n"
        "`- deployment (rolling) Roll: to e; 1 step\n"
    )


def test_inputs_have_the_names_they_were_written_by(planned: Callable[..., Plan]) -> None:
    """The schema of the service knows some by their aliases alone."""
    known = KnownTask(
        "Az", "2", (KnownInput("connectedServiceNameARM", aliases=("azureSubscription",)),)
    )
    for written in ("azureSubscription", "connectedServiceNameARM"):
        text = f"steps:\n- task: Az@2\n  inputs: {{{written.lower()}: ml-dev}}\n"
        found = planned(text, tasks={"az@2": known})
        (step,) = [one for one in found.pipeline.stages[0].jobs[0].steps if one.task == "Az"]
        assert step.inputs == {"connectedServiceNameARM": "ml-dev"}
        assert f"        {written}: ml-dev\n" in render(found)
