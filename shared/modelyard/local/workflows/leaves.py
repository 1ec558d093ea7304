"""The jobs of a workflow that have steps, those of called workflows among them, in one graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.local.workflows.model import Job, Workflow

SEPARATOR = "/"


@dataclass(frozen=True)
class Leaf:
    """One job with steps."""

    ids: tuple[str, ...]
    """Of the jobs that call each other, and its own."""
    job: Job
    after: tuple[str, ...]
    """The keys of those that it waits for."""
    copies: bool
    """Whether a matrix, its own or a caller's, may make several of it."""

    @property
    def key(self) -> str:
        """``deploy/endpoint``."""
        return SEPARATOR.join(self.ids)


def leaves(workflow: Workflow, only: str = "") -> list[Leaf]:
    """All of them, in the order in which they can start.

    :param only: the id of a job of this workflow: that and what it needs, nothing else.
    """
    jobs = workflow.jobs if not only else _needed(workflow, only)
    found: list[Leaf] = []
    _add(jobs, (), (), False, found)
    return found


def _needed(workflow: Workflow, only: str) -> tuple[Job, ...]:
    wanted, more = {only.lower()}, True
    while more:
        needs = {
            name.lower() for job in workflow.jobs if job.id.lower() in wanted for name in job.needs
        }
        more = not needs <= wanted
        wanted |= needs
    return tuple(job for job in workflow.jobs if job.id.lower() in wanted)


def _add(
    jobs: Sequence[Job],
    above: tuple[str, ...],
    before: tuple[str, ...],
    copies: bool,
    found: list[Leaf],
) -> tuple[str, ...]:
    """Add those of one workflow; returns the keys of those that end it.

    :param before: what its first jobs wait for.
    """
    ends: dict[str, tuple[str, ...]] = {}
    rest = list(jobs)
    while rest:
        ready = [one for one in rest if all(name.lower() in ends for name in one.needs)]
        for job in ready:
            after = tuple(key for name in job.needs for key in ends[name.lower()]) or before
            ids = (*above, job.id)
            many = copies or job.matrix
            if job.workflow is not None:
                ends[job.id.lower()] = _add(job.workflow.jobs, ids, after, many, found)
            else:
                leaf = Leaf(ids, job, after, many)
                found.append(leaf)
                ends[job.id.lower()] = (leaf.key,)
        rest = [one for one in rest if one not in ready]
    needed = {name.lower() for job in jobs for name in job.needs}
    return tuple(
        key for job in jobs if job.id.lower() not in needed for key in ends[job.id.lower()]
    )
