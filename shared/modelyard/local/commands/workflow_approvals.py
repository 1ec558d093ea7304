"""What of a workflow may ask for an approval."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.commands.approvals import Target
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.model import Plan


def of_workflow(plan: Plan) -> list[Target]:
    """All of a workflow, and of those that it calls."""
    return [
        Target(job.place, job.environment, known="${{" not in job.environment)
        for job in plan.workflow.all_jobs()
        if job.environment
    ]


def of_leaves(plan: Plan, found: Sequence[Leaf]) -> list[Target]:
    """Those of the jobs that run."""
    places = {one.job.place for one in found}
    return [one for one in of_workflow(plan) if one.place in places]
