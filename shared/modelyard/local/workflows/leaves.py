"""The jobs of a workflow that have steps, those of called workflows among them, in one graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelyard.local.workflows.model import Job, Workflow
from modelyard.local.workflows.permissions import granted

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
    identity: bool = False
    """Whether it may ask for identity tokens."""
    calls: tuple[Job, ...] = ()
    """The jobs that call each other, the workflow's own first."""
    called: str = ""
    """The called workflow that it is in, as ``OWNER/NAME/PATH@REF``, or as ``PATH`` where that is
    in the repository of the workflow that runs; empty: it is in that workflow itself."""

    @property
    def key(self) -> str:
        """``deploy/endpoint``."""
        return SEPARATOR.join(self.ids)

    @property
    def shown(self) -> str:
        """``deploy / endpoint``, as GitHub shows it."""
        return shown(self.ids)


def shown(ids: Iterable[str]) -> str:
    """``deploy / endpoint``, as GitHub shows jobs that call each other."""
    return " / ".join(ids)


def leaves(workflow: Workflow, only: str = "") -> list[Leaf]:
    """All of them, in the order in which they can start.

    :param only: the id of a job of this workflow: that and what it needs, nothing else.
    """
    jobs = workflow.jobs if not only else _needed(workflow, only)
    found: list[Leaf] = []
    _add(jobs, _Call(), (), found)
    return found


@dataclass(frozen=True)
class _Call:
    """How a workflow comes to run."""

    jobs: tuple[Job, ...] = ()
    """The jobs that call each other; empty: nobody calls it."""
    copies: bool = False
    identity: bool | None = None
    """Whether the job that calls it may ask for identity tokens."""
    repository: str = ""
    ref: str = ""
    path: str = ""

    def by(self, job: Job, identity: bool) -> _Call:
        """How what a job of it calls comes to run."""
        assert job.reference is not None
        other = job.reference.repository
        return _Call(
            (*self.jobs, job),
            self.copies or job.matrix,
            identity,
            other or self.repository,
            job.reference.ref if other else self.ref,
            job.reference.path,
        )

    @property
    def name(self) -> str:
        return f"{self.repository}/{self.path}@{self.ref}" if self.repository else self.path


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
    jobs: Sequence[Job], call: _Call, before: tuple[str, ...], found: list[Leaf]
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
            identity = granted(job.identity, call.identity)
            if job.workflow is not None:
                more = call.by(job, identity)
                ends[job.id.lower()] = _add(job.workflow.jobs, more, after, found)
            else:
                copies = call.copies or job.matrix
                ids = tuple(one.id for one in (*call.jobs, job))
                leaf = Leaf(ids, job, after, copies, identity, call.jobs, call.name)
                found.append(leaf)
                ends[job.id.lower()] = (leaf.key,)
        rest = [one for one in rest if one not in ready]
    needed = {name.lower() for job in jobs for name in job.needs}
    return tuple(
        key for job in jobs if job.id.lower() not in needed for key in ends[job.id.lower()]
    )
