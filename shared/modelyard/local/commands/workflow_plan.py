"""``modelyard local plan .github/workflows/NAME.yml``: what a workflow would do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from modelyard.errors import InputError
from modelyard.local.commands.notices import show_warnings
from modelyard.local.commands.plan_lines import condition, counted, show, value
from modelyard.local.commands.workflow_arguments import plan_of
from modelyard.local.workflows import references, starting_event
from modelyard.local.workflows.leaves import Leaf, leaves
from modelyard.local.workflows.model import Plan, Step

NOT_CHECKED = (
    "Not checked: what expressions give, values of inputs, what runs-on and permissions ask for, "
    "and actions that aren't on this machine."
)


def plan_command(options: argparse.Namespace) -> int:
    """Show a plan; returns the exit code.

    :raises InputError: when the workflow can't have the inputs that are given.
    :raises PipelineError: with everything that is wrong in the workflow.
    """
    plan = plan_of(options)
    _look_at_values(options, plan)
    show_warnings(plan.warnings)
    found = leaves(plan.workflow)
    if options.check:
        steps = sum(len(one.job.steps) for one in found)
        counts = f"{counted(len(found), 'job')}, {counted(steps, 'step')}"
        sys.stdout.write(f"{options.file}: {counts}, nothing wrong\n")
    else:
        show(_lines(plan, found, all_inputs=options.all_inputs))
    sys.stdout.write(f"{NOT_CHECKED}\n")
    for place, uses in plan.unchecked:
        sys.stdout.write(f"  {place}: {uses}{_option(uses)}\n")
    return 0


def _option(uses: str) -> str:
    """How an action's repository would be on this machine."""
    reference = references.parse(uses)
    if reference is None or not reference.repository:
        return ""
    return f" (where it lies: --repository {reference.repository}=PATH)"


def _look_at_values(options: argparse.Namespace, plan: Plan) -> None:
    """A plan shows expressions as they are written: a value can only be wrong."""
    if options.variable:
        raise InputError(
            f"--variable {options.variable[0][0]}: the plan of a workflow has no values of vars",
            fix="leave it out here, and give it to modelyard local run",
        )
    if given := dict(options.parameter):
        event = starting_event.chosen(plan.workflow, None, with_inputs=True)
        starting_event.inputs(plan.workflow, event, given)


def _lines(plan: Plan, found: list[Leaf], *, all_inputs: bool) -> Iterator[str]:
    yield f"workflow {plan.workflow.name}: on {', '.join(sorted(plan.workflow.events))}"
    for leaf in found:
        yield f"job {leaf.key}{_notes(leaf)}"
    for leaf in found:
        yield ""
        yield leaf.key
        yield from condition("  ", leaf.job.condition)
        for step in leaf.job.steps:
            yield f"  - {step.title}" + (f"  ({step.uses})" if step.named and step.uses else "")
            yield from condition("      ", step.condition)
            for given in step.given:
                yield from value(given.name, given.value)
            if all_inputs:
                yield from _defaults(step)
    yield ""


def _defaults(step: Step) -> Iterator[str]:
    """The inputs of an action on this machine that aren't given."""
    names = {one.name.lower() for one in step.given}
    for key, one in step.action.inputs.items() if step.action is not None else ():
        if key not in names and one.default:
            yield from value(one.name, one.default)


def _notes(leaf: Leaf) -> str:
    notes = []
    if leaf.after:
        notes.append(f"after {', '.join(leaf.after)}")
    if leaf.copies:
        notes.append("once for each leg of a matrix")
    if leaf.job.environment:
        notes.append(f"to {leaf.job.environment}")
    notes.append(counted(len(leaf.job.steps), "step"))
    return f": {'; '.join(notes)}"
