"""Jobs that act doesn't come to: it ends when a job of a called workflow has failed.

act runs the jobs of a workflow in rounds: a round has those that wait for earlier ones alone. A
called workflow is run to its end. If one of its jobs has failed, act ends after the round of the
job that calls it, and asks no condition of a later one. GitHub goes on.

Source: what nektos/act 0.2.89 does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelyard.local.workflows import expressions
from modelyard.local.workflows.expressions.functions import STATUS
from modelyard.local.workflows.expressions.spans import BEGIN
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.model import Job


def ended_by(leaf: Leaf, failed: Iterable[Leaf], leaves: Iterable[Leaf]) -> Leaf | None:
    """The failed job of a called workflow that act ended after, before it came to this one.

    :param leaves: all of the run.
    """
    first = {job.id: job for one in leaves for job in (*one.calls, one.job)[:1]}
    return next((one for one in failed if _is_later(leaf, one, [*first.values()])), None)


def may_run_after_failure(leaf: Leaf) -> bool:
    """Whether its condition, or that of a job that calls it, asks how earlier jobs have ended."""
    return any(_asks(job.condition) for job in (*leaf.calls, leaf.job))


def _is_later(leaf: Leaf, failed: Leaf, jobs: Sequence[Job]) -> bool:
    """Whether its round, or that of a job that calls it, comes after that of the failed call.

    :param jobs: those of the workflow that runs.
    """
    for call, own in zip(failed.calls, leaf.ids, strict=False):
        if call.id != own:
            rounds = _rounds(jobs)
            return rounds[own.lower()] > rounds[call.id.lower()]
        if call.workflow is None:
            return False
        jobs = call.workflow.jobs
    return False


def _rounds(jobs: Sequence[Job]) -> dict[str, int]:
    """The round of each job, by its id in lower case."""
    found: dict[str, int] = {}
    rest = list(jobs)
    while rest:
        ready = [one for one in rest if all(name.lower() in found for name in one.needs)]
        for job in ready:
            found[job.id.lower()] = 1 + max((found[name.lower()] for name in job.needs), default=0)
        rest = [one for one in rest if one not in ready]
    return found


def _asks(condition: str) -> bool:
    spans = expressions.spans(condition) if BEGIN in condition else [(0, len(condition))]
    texts = [condition[begin:end] for begin, end in spans]
    used = [one for text in texts if text.strip() for one in expressions.uses(text)]
    names = {one.name.lower() for one in used if isinstance(one, expressions.Called)}
    return not names.isdisjoint(STATUS)
