"""What is known of a step before it runs.

Sources: the agent's ``TaskRunner.cs`` and ``VarUtil.cs``; learn.microsoft.com,
``pipelines/process/variables`` ("Expansion of variables")."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelyard.local.runner.pipeline import KnownInput, KnownTask
from modelyard.local.runner.pipeline.known_tasks import is_visible
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.pipeline.resolved_inputs import (
    given_inputs,
    known_variables,
    resolved_environment,
    resolved_inputs,
)

TASK = KnownTask(
    "Train",
    "1",
    (
        KnownInput("url", default="$(host)/api"),
        KnownInput("mode", default="fast"),
        KnownInput("rounds", default="3", visible="mode = slow"),
        KnownInput("note"),
    ),
)
TEXT = """\
variables: {a: pipeline, b: "$(a)-b", late: "$[variables.x]", host: h}
stages:
- stage: S
  variables: {a: stage, c: stage}
  jobs:
  - job: J
    variables: {c: job}
    steps:
    - task: Train@1
      inputs: {note: "$(A) $(b) $(c) $(given) $(late) $(none) $(a$(c))"}
      env: {X: $(c)}
"""


def test_macros_of_known_variables_are_filled_in(planned: Callable[..., Plan]) -> None:
    found = planned(TEXT, variables={"given": "queue", "a": "queue"}, tasks={"train@1": TASK})
    stage = found.pipeline.stages[0]
    job = stage.jobs[0]
    step = job.steps[-1]
    variables = known_variables(found, stage, job)
    assert variables == {"a": "stage", "b": "stage-b", "c": "job", "given": "queue", "host": "h"}
    assert resolved_inputs(step, variables, {"train@1": TASK}) == {
        "url": "h/api",
        "mode": "fast",
        "note": "stage stage-b job queue $(late) $(none) $(ajob)",
    }
    assert resolved_inputs(step, variables)["note"].startswith("stage stage-b")
    assert list(given_inputs(step, variables, {"train@1": TASK})) == ["note"]
    assert resolved_environment(step, variables) == {"X": "job"}


@pytest.mark.parametrize(
    ("rule", "mode", "expected"),
    [
        ("", "x", True),
        ("mode = inline", "Inline", True),
        ("mode == inline", "file", False),
        ("mode != inline", "file", True),
        ("mode = a || mode = b", "b", True),
        ("mode = a && other = yes", "a", True),
        ("mode = a && other = no", "a", False),
        ("mode in a, b", "b", True),
        ("mode notIn a, b", "b", False),
        ("mode contains li", "inline", True),
        ("mode notContains li", "inline", False),
        ("mode startsWith in", "inline", True),
        ("mode endsWith in", "inline", False),
        ("mode = a", "$(mode)", None),
        ("unknown = a", "a", None),
        ("no rule at all", "a", None),
    ],
)
def test_rules_of_visibility(rule: str, mode: str, expected: bool | None) -> None:
    """azure-pipelines-task-lib, ``tasks.schema.json``: ``visibleRule``."""
    hidden = KnownInput("x", visible=rule)
    task = KnownTask("T", "1", (KnownInput("mode"), KnownInput("other", default="yes"), hidden))
    assert is_visible(hidden, task, {"mode": mode}) is expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{}", {}),
        ("{mode: fast, note: ''}", {}),
        ("{MODE: slow, rounds: 3}", {"mode": "slow"}),
        ("{url: https://x, rounds: 4}", {"url": "https://x", "rounds": "4"}),
    ],
)
def test_only_what_differs_from_a_default_is_given(
    planned: Callable[..., Plan], inputs: str, expected: dict[str, str]
) -> None:
    tasks = {"train@1": TASK}
    found = planned(f"steps: [{{task: Train@1, inputs: {inputs}}}]", tasks=tasks)
    step = found.pipeline.stages[0].jobs[0].steps[-1]

    assert given_inputs(step, {}, tasks) == expected


def test_a_boolean_of_a_template_is_shown_as_files_have_it(planned: Callable[..., Plan]) -> None:
    push, pull = KnownInput("push", boolean=True), KnownInput("Pull", default="false", boolean=True)
    tasks = {"build@1": KnownTask("Build", "1", (push, pull, KnownInput("word")))}
    inputs = "{push: '${{ eq(1, 1) }}', pull: '${{ eq(1, 2) }}', word: '${{ eq(1, 1) }}'}"
    found = planned(f"steps: [{{task: Build@1, inputs: {inputs}}}]", tasks=tasks)
    step = found.pipeline.stages[0].jobs[0].steps[-1]

    assert step.inputs["push"] == "True"
    assert given_inputs(step, {}, tasks) == {"push": "true", "word": "True"}
