"""The stages and jobs of a plan as text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from modelyard.local.runner.pipeline.plan import DEFAULT_STAGE, Job, Matrix, Parallel, Plan, Stage

One = TypeVar("One", Stage, Job)


def graph(plan: Plan) -> str:
    """One line a stage and job, in the order in which they can start."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    stages = plan.pipeline.stages
    for stage in _ordered(stages):
        only = len(stages) == 1 and stage.name == DEFAULT_STAGE
        if not only:
            yield f"stage {stage.name}{_notes(stage)}"
        jobs = _ordered(stage.jobs)
        for number, job in enumerate(jobs):
            branch = "" if only else "`- " if number == len(jobs) - 1 else "|- "
            yield f"{branch}{_kind(job)} {job.name}{_notes(job)}"


def _ordered(found: tuple[One, ...]) -> list[One]:
    done: list[One] = []
    names: set[str] = set()
    rest = list(found)
    while rest:
        ready = [one for one in rest if names.issuperset(one.depends_on)]
        done += ready
        names.update(one.name for one in ready)
        rest = [one for one in rest if one.name not in names]
    return done


def _kind(job: Job) -> str:
    if job.deployment:
        return f"deployment ({job.deployment.strategy})"
    return "server job" if job.server else "job"


def _notes(one: Stage | Job) -> str:
    notes: list[str] = []
    if one.depends_on:
        notes.append("after " + ", ".join(one.depends_on))
    if isinstance(one, Job):
        notes += _job_notes(one)
    if one.condition:
        notes.append("if " + " ".join(one.condition.split()))
    return f": {'; '.join(notes)}" if notes else ""


def _job_notes(job: Job) -> Iterator[str]:
    if isinstance(job.strategy, Matrix):
        legs = job.strategy.legs
        many = "legs known when it runs" if isinstance(legs, str) else f"{len(legs)} legs"
        yield f"matrix of {many}" + (f" ({', '.join(legs)})" if not isinstance(legs, str) else "")
    if isinstance(job.strategy, Parallel):
        yield f"{job.strategy.count} in parallel"
    if job.deployment:
        resource = job.deployment.environment.resource_name
        yield f"to {job.deployment.environment.name}" + (f".{resource}" if resource else "")
    count = sum(1 for step in job.all_steps() if not step.implicit)
    yield "1 step" if count == 1 else f"{count} steps"
