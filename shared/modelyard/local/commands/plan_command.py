"""``modelyard local plan FILE``: what a pipeline would do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping

from modelyard.local.commands.arguments import add_plan_arguments, plan_of, tasks_of
from modelyard.local.commands.notices import show_warnings
from modelyard.local.commands.plan_lines import condition, counted, show, value
from modelyard.local.runner.engine.refusals import check, missing_groups
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.pipeline import graph, render
from modelyard.local.runner.pipeline.known_tasks import KnownTask
from modelyard.local.runner.pipeline.plan import Job, Plan, Step, place_of
from modelyard.local.runner.pipeline.resolved_inputs import (
    expand_macros,
    given_inputs,
    known_variables,
    resolved_environment,
    resolved_inputs,
)

Inputs = Callable[[Step, Mapping[str, str], Mapping[str, KnownTask]], dict[str, str]]
"""Which inputs of a step are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    add_plan_arguments(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--yaml", action="store_true", help="the expanded YAML instead")
    what.add_argument(
        "--check", action="store_true", help="only say what is wrong, and what a run would refuse"
    )
    what.add_argument(
        "--all-inputs",
        action="store_true",
        help="the inputs of steps that have their defaults too",
    )


def plan_command(options: argparse.Namespace) -> int:
    """Show a plan; returns the exit code.

    :raises PipelineError: with everything that is wrong in the pipeline; where it is only checked,
        also with what a run here would refuse.
    """
    tasks = tasks_of(options)
    plan = plan_of(options, tasks)
    show_warnings(plan.warnings)
    if options.check:
        # A group may be given to the run alone, or be in its cloud.
        check(plan, Settings(), tasks, elsewhere=missing_groups(plan, Settings()))
        sys.stdout.write(f"{options.file}: {_counts(plan)}, nothing wrong\n")
    elif options.yaml:
        sys.stdout.write(render(plan))
    else:
        inputs = resolved_inputs if options.all_inputs else given_inputs
        show([*graph(plan).splitlines(), *_steps(plan, tasks, inputs)])
    return 0


def _counts(plan: Plan) -> str:
    jobs = [job for stage in plan.pipeline.stages for job in stage.jobs]
    steps = sum(not step.implicit for job in jobs for step in job.all_steps())
    counts = ((len(plan.pipeline.stages), "stage"), (len(jobs), "job"), (steps, "step"))
    return ", ".join(counted(count, what) for count, what in counts)


def _steps(plan: Plan, tasks: Tasks, inputs: Inputs) -> Iterator[str]:
    for stage in plan.pipeline.stages:
        for job in stage.jobs:
            variables = known_variables(plan, stage, job)
            yield ""
            yield place_of((stage.name, job.name))
            for heading, step in _listed(job):
                if heading:
                    yield f"  {heading}:"
                yield from _step(step, variables, tasks, inputs)


def _listed(job: Job) -> Iterator[tuple[str, Step]]:
    """Steps, the first of each hook with the hook's name."""
    for step in job.steps:
        yield "", step
    for hook in job.deployment.hooks.values() if job.deployment else ():
        for number, step in enumerate(hook.steps):
            yield "" if number else hook.name, step


def _step(step: Step, variables: dict[str, str], tasks: Tasks, inputs: Inputs) -> Iterator[str]:
    title = expand_macros(step.title, variables)
    yield f"  - {title}  ({step.reference})"
    yield from condition("      ", step.condition)
    for name, text in inputs(step, variables, tasks.known).items():
        yield from value(name, text)
    for name, text in resolved_environment(step, variables).items():
        yield from value(f"env {name}", text)
