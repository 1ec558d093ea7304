"""A step's inputs and environment as far as they are known before a run.

Defaults of the task are filled in first, then macros, each once, as the agent does when the step
starts. A variable that only a run sets stays ``$(name)``.

Source: the agent's ``TaskRunner.cs`` (LoadDefaultInputs, ExpandTaskInputs), ``VarUtil.cs``;
learn.microsoft.com, ``pipelines/process/variables`` ("Expansion of variables": job before stage
before pipeline before those given for the run).
"""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.local.runner.expressions import macros
from modelyard.local.runner.pipeline.known_tasks import KnownTask, find, is_visible
from modelyard.local.runner.pipeline.plan import (
    Job,
    Plan,
    Stage,
    Step,
    Variable,
    runtime_expression,
)


def known_variables(plan: Plan, stage: Stage, job: Job) -> dict[str, str]:
    """The variables of a job that have a value before the run, by name in lower case."""
    known = {name.lower(): value for name, value in plan.queue_variables.items()}
    for sources in (plan.pipeline.variables, stage.variables, job.variables):
        for one in sources:
            if isinstance(one, Variable):
                known[one.name.lower()] = one.value
    late = {name for name, value in known.items() if runtime_expression(value) is not None}
    return {
        name: expand_macros(value, {k: v for k, v in known.items() if k not in late})
        for name, value in known.items()
        if name not in late
    }


def resolved_inputs(
    step: Step, variables: Mapping[str, str], tasks: Mapping[str, KnownTask] | None = None
) -> dict[str, str]:
    """The inputs that the task will be given. A boolean is true or false, as files have it: what a
    template hands on is True or False, which a task takes too.

    :param variables: :func:`known_variables` of its job.
    """
    inputs: dict[str, str] = {}
    task = find(tasks, step.reference) if tasks else None
    if task is not None:
        shown = (one for one in task.inputs if is_visible(one, task, step.inputs) is not False)
        inputs = {one.name: one.default for one in shown if one.default}
    inputs.update(step.inputs)
    known = task.by_name if task is not None else {}
    found = {name: expand_macros(value, variables) for name, value in inputs.items()}
    return {
        name: value.lower()
        if value in ("True", "False") and name.lower() in known and known[name.lower()].boolean
        else value
        for name, value in found.items()
    }


def given_inputs(
    step: Step, variables: Mapping[str, str], tasks: Mapping[str, KnownTask] | None = None
) -> dict[str, str]:
    """Those of :func:`resolved_inputs` that are another than without the step's own words: its
    inputs but for those that have the task's default, or are empty where there is none."""
    found = resolved_inputs(step, variables, tasks)
    task = find(tasks, step.reference) if tasks else None
    known = task.by_name if task is not None else {}
    defaults = {name: known[name.lower()].default for name in found if name.lower() in known}
    return {
        name: value
        for name, value in found.items()
        if name in step.inputs and value.strip() != defaults.get(name, "").strip()
    }


def resolved_environment(step: Step, variables: Mapping[str, str]) -> dict[str, str]:
    """What ``env`` adds to the environment."""
    return {name: expand_macros(value, variables) for name, value in step.env.items()}


def expand_macros(text: str, variables: Mapping[str, str]) -> str:
    """Every ``$(name)`` of a known variable by its value, once."""
    return macros.expand(text, lambda name: variables.get(name.lower()))
