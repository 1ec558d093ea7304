"""What of a workflow may ask for an approval."""

from __future__ import annotations

from collections.abc import Iterable

from modelyard.local.commands.approvals import Target
from modelyard.local.workflows.leaves import Leaf


def of_leaves(found: Iterable[Leaf]) -> list[Target]:
    """What these jobs deploy to, as far as their inputs are known."""
    return [
        Target(one.job.place, one.job.environment, known="${{" not in one.job.environment)
        for one in found
        if one.job.environment
    ]
