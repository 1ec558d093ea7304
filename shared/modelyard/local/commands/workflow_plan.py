"""``modelyard local plan .github/workflows/NAME.yml``: what a workflow would do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from modelyard.errors import InputError
from modelyard.local.commands.notices import show_warnings
from modelyard.local.commands.plan_lines import condition, counted, show, value
from modelyard.local.commands.workflow_arguments import plan_of
from modelyard.local.workflows import filling, references, starting_event
from modelyard.local.workflows.contexts import asked_for
from modelyard.local.workflows.expanded import expanded
from modelyard.local.workflows.filling import filled
from modelyard.local.workflows.leaves import SEPARATOR, Leaf, leaves, shown
from modelyard.local.workflows.model import DISPATCH, Plan, Step, Workflow

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
    workflow = filled(plan.workflow, _inputs(options, plan.workflow))
    show_warnings(plan.warnings)
    found = leaves(workflow)
    if options.check:
        steps = sum(len(one.job.steps) for one in found)
        counts = f"{counted(len(found), 'job')}, {counted(steps, 'step')}"
        sys.stdout.write(f"{options.file}: {counts}, nothing wrong\n")
    elif options.yaml:
        show(expanded(workflow, found).splitlines())
        return 0
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


def _inputs(options: argparse.Namespace, workflow: Workflow) -> dict[str, Any]:
    """The known inputs of ``workflow_dispatch``, if that is what starts the workflow."""
    if options.variable:
        raise InputError(
            f"--variable {options.variable[0][0]}: the plan of a workflow has no values of vars",
            fix="leave it out here, and give it to modelyard local run",
        )
    given = dict(options.parameter)
    if given:
        event = starting_event.chosen(workflow, None, with_inputs=True)
        starting_event.inputs(workflow, event, given)
    elif workflow.events.intersection(starting_event.EVENTS) != {DISPATCH}:
        return {}
    return filling.dispatched(workflow.dispatch, given)


def _lines(plan: Plan, found: list[Leaf], *, all_inputs: bool) -> Iterator[str]:
    yield f"workflow {plan.workflow.name}: on {', '.join(sorted(plan.workflow.events))}"
    for leaf in found:
        yield f"job {leaf.shown}{_notes(leaf)}"
    for leaf in found:
        yield ""
        yield leaf.shown
        for count, call in enumerate(leaf.calls, 1):
            by = f"  (of {shown(leaf.ids[:count])})"
            yield from (f"{line}{by}" for line in condition("  ", call.condition))
        yield from condition("  ", leaf.job.condition)
        yield from _open_inputs(leaf)
        for step in leaf.job.steps:
            yield f"  - {step.title}" + (f"  ({step.uses})" if step.named and step.uses else "")
            yield from condition("      ", step.condition)
            for given in (*step.given, *step.script):
                yield from value(given.name, given.value)
            if all_inputs:
                yield from _defaults(step)
            for given in step.env:
                yield from value(f"env {given.name}".rstrip(), given.value)
    yield ""


def _open_inputs(leaf: Leaf) -> Iterator[str]:
    """What the caller gives for the inputs that only a run knows, of those that the job uses."""
    if not leaf.calls or leaf.job.node is None:
        return
    used = asked_for("inputs", [leaf.job.node])
    for one in leaf.calls[-1].given:
        if one.name.upper() in used:
            yield f"  inputs.{one.name}: {' '.join(one.value.split())}"


def _defaults(step: Step) -> Iterator[str]:
    """The inputs of an action on this machine that aren't given."""
    names = {one.name.lower() for one in step.given}
    for key, one in step.action.inputs.items() if step.action is not None else ():
        if key not in names and one.default:
            yield from value(one.name, one.default)


def _notes(leaf: Leaf) -> str:
    notes = []
    if leaf.after:
        notes.append(f"after {', '.join(shown(key.split(SEPARATOR)) for key in leaf.after)}")
    if leaf.copies:
        notes.append("once for each leg of a matrix")
    if leaf.job.environment:
        notes.append(f"to {leaf.job.environment}")
    notes.append(counted(len(leaf.job.steps), "step"))
    return f": {'; '.join(notes)}"
