"""What ``--approve`` and ``--approval`` name, looked at before anything runs.

A name that nothing asks by is a mistake. What nobody can answer is only warned of: a condition may
skip it, and the stages before it may be all that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from modelyard.errors import InputError
from modelyard.local.commands.notices import show_warnings
from modelyard.local.runner.display import terminal
from modelyard.local.runner.engine.server_job import VALIDATION
from modelyard.local.runner.engine.settings import APPROVED_BY_HAND, Settings
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.plan import Plan, Stage
from modelyard.local.runner.pipeline.resolved_inputs import expand_macros, known_variables
from modelyard.reading import nearest


@dataclass(frozen=True)
class Target:
    """What may ask for an approval."""

    place: Place
    name: str
    """Of an environment, of a stage started by hand, or of a job with a manual validation."""
    environment: bool = True
    known: bool = True
    """False: the name has what only a run can evaluate."""


def of_pipeline(plan: Plan) -> list[Target]:
    """All of a pipeline."""
    return [one for stage in plan.pipeline.stages for one in _of_stage(plan, stage)]


def _of_stage(plan: Plan, stage: Stage) -> Iterator[Target]:
    if stage.trigger == "manual":
        yield Target(stage.place, stage.name, environment=False)
    for job in stage.jobs:
        if job.deployment is not None:
            written = job.deployment.environment.name
            name = expand_macros(written, known_variables(plan, stage, job))
            if name:
                yield Target(job.place, name, known="$" not in name)
        for step in job.all_steps():
            if step.task == VALIDATION:  # a copy of its job is asked for by the copy's name
                yield Target(step.place, job.name, environment=False, known=job.strategy is None)


def look_at(
    targets: Sequence[Target], settings: Settings, running: Sequence[Target] | None = None
) -> None:
    """Before a run: refuse names that nothing asks by, warn of what nobody can answer.

    :param running: those of the jobs that run, where these aren't all.
    :raises InputError: when an option names what never asks.
    """
    check(targets, settings)
    if not terminal.is_there():
        show_warnings(unanswered(targets if running is None else running, settings))


def check(targets: Sequence[Target], settings: Settings) -> None:
    """:raises InputError: when an option names what never asks."""
    environments = {one.name.lower(): one.name for one in targets if one.environment and one.known}
    all_known = all(one.known for one in targets if one.environment)
    given = settings.approvals - frozenset(APPROVED_BY_HAND)
    for name in sorted(given - environments.keys()) if all_known else ():
        raise InputError(
            f"--approval {name}: nothing deploys to {name}{nearest(name, environments.values())}",
            fix=_named("name an environment that is there", environments.values()),
        )
    if any(not one.known for one in targets if not one.environment):
        return
    asking = {name: name for name in settings.approvals} if not all_known else {}
    asking |= {one.name.lower(): one.name for one in targets if one.known and _asks(one, settings)}
    for name in sorted(settings.approved - asking.keys()):
        raise InputError(
            f"--approve {name}: nothing named {name} asks for an approval"
            f"{nearest(name, asking.values())}",
            fix=_named("name what does", asking.values()),
        )


def unanswered(targets: Sequence[Target], settings: Settings) -> Iterator[tuple[Place, str]]:
    """What asks and isn't approved, as warnings, for a run that nobody can answer."""
    if settings.approve_all:
        return
    told: set[str] = set()
    for one in targets:
        if not one.known and not one.environment:
            continue
        names = [one.name] if one.known else sorted(settings.approvals)
        for name in names if _asks(one, settings) else ():
            if name.lower() in settings.approved | told:
                continue
            told.add(name.lower())
            who = name if one.known else f"this job, if it deploys to {name},"
            yield (
                one.place,
                (
                    f"{who} asks for an approval, and without a terminal nobody can be asked: "
                    f"run it with --approve {name}, or --yes"
                ),
            )


def _asks(one: Target, settings: Settings) -> bool:
    return not (one.environment and one.known) or one.name.lower() in settings.approvals


def _named(what: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"{what}: {listed}" if listed else "leave it out: there is none"
