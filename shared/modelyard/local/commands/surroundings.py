"""What the steps of a run find around them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.arguments import missing_package
from modelyard.local.runner.engine.connections import NoServices, Services
from modelyard.local.runner.engine.job_variables import Groups
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.pipeline.plan import CHECKOUT, Plan, Step

AUTO, NONE = "auto", "none"
LAUNCHER = "templates/azure-pipelines/steps/launch.js"
"""What a script names to start one of our tasks from a checkout of this repository."""


@dataclass(frozen=True)
class Surroundings:
    """What steps run in."""

    environment: dict[str, str]
    services: Services
    secrets: frozenset[str] = frozenset()
    """Values in the environment that no log may show."""
    groups: Groups = field(default_factory=dict)
    """The variable groups of the local cloud."""
    counters: Path | None = None
    """The file that numbers runs; None: the one beside their results. What a run leaves in a cloud
    has the run's number in its name, so who comes later to that cloud mustn't have the same."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """The variables of the local cloud among the environment."""
    start_job: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
    """Tells GitHub's issuer of identity tokens of a job; None: no cloud has one."""


def alone() -> Surroundings:
    """Those of a run that speaks to no services."""
    return Surroundings(dict(os.environ), NoServices())


def needs_cloud(plan: Plan, tasks: Tasks) -> bool:
    """Whether a step speaks to services: it uses one of our tasks, or a service connection, or
    starts one of our tasks from a checkout."""
    return any(
        _speaks_to_services(step, tasks)
        for stage in plan.pipeline.stages
        for job in stage.jobs
        for step in job.all_steps()
    )


def _speaks_to_services(step: Step, tasks: Tasks) -> bool:
    if step.task == CHECKOUT:
        return False
    task = tasks.find(step.task, step.version)
    if task is not None and task.needs_cloud(step.inputs):
        return True
    return any(LAUNCHER in text for text in step.inputs.values())


def surroundings(
    needed: bool, cloud: str, state: Path, *, groups: bool = False
) -> AbstractContextManager[Surroundings]:
    """For the time of a run.

    :param needed: whether the pipeline needs the local cloud.
    :param cloud: AUTO: with the local cloud, if it runs or the pipeline needs it; or NONE.
    :param state: the cloud's state folder.
    :param groups: the pipeline has variable groups that may be there.
    :raises MissingTool: when the packages of the local cloud aren't installed.
    """
    if cloud == NONE:
        return nullcontext(alone())
    try:
        # Here and not above: a run without services needs none of its packages.
        from modelyard.local.commands.local_services import with_cloud
    except ModuleNotFoundError as error:
        raise missing_package(error) from None
    return with_cloud(needed, state, groups=groups)
