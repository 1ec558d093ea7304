"""What of a plan can't run on this machine, found before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelyard.errors import InputError
from modelyard.local.runner.engine.checkout import repository_folder
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.pipeline import Problem
from modelyard.local.runner.pipeline.plan import (
    CHECKOUT,
    Job,
    Plan,
    Step,
    VariableGroup,
    VariableSource,
)
from modelyard.runner_errors import PipelineError


def check(
    plan: Plan, settings: Settings, tasks: Tasks, *, elsewhere: frozenset[str] = frozenset()
) -> None:
    """Whoever runs a plan asks this first.

    :param elsewhere: names of variable groups that may be in the local cloud, in lower case.
    :raises PipelineError: with all that can't run here, each where it is written.
    """
    groups = elsewhere | {name.lower() for name in settings.groups}
    found: list[Problem] = []
    for stage in plan.pipeline.stages:
        found += _of_variables((*plan.pipeline.variables, *stage.variables), groups)
        for job in stage.jobs:
            found += _of_job(plan, job, settings, tasks, groups)
    if found:
        raise PipelineError.of(found)


def check_resources(plan: Plan, settings: Settings) -> None:
    """:raises InputError: when nothing deploys to an environment whose resources are given."""
    names = [
        job.deployment.environment.name
        for stage in plan.pipeline.stages
        for job in stage.jobs
        if job.deployment is not None
    ]
    if any("$" in name for name in names):  # which one it is, only a job knows
        return
    for name in settings.resources:
        if name not in [one.lower() for one in names]:
            raise InputError(
                f"--resources {name}=...: no deployment of this pipeline goes to {name}",
                fix=f"name one of its environments: {', '.join(dict.fromkeys(names))}"
                if names
                else "leave it out: the pipeline has no deployment",
            )


def missing_groups(plan: Plan, settings: Settings) -> frozenset[str]:
    """Names of the variable groups that the settings don't have, in lower case."""
    pipeline = plan.pipeline
    sources = [*pipeline.variables]
    for stage in pipeline.stages:
        sources += [*stage.variables, *(one for job in stage.jobs for one in job.variables)]
    named = {one.name.lower() for one in sources if isinstance(one, VariableGroup)}
    return frozenset(named - {name.lower() for name in settings.groups})


def _of_variables(sources: Iterable[VariableSource], groups: frozenset[str]) -> Iterator[Problem]:
    for source in sources:
        if isinstance(source, VariableGroup) and source.name.lower() not in groups:
            yield Problem(
                source.place,
                f"there is no variable group {source.name}: give it with "
                f"--group {source.name}=FILE, or make it with `modelyard local variable-group`",
            )


def _of_job(
    plan: Plan, job: Job, settings: Settings, tasks: Tasks, groups: frozenset[str]
) -> Iterator[Problem]:
    yield from _of_variables(job.variables, groups)
    if settings.strict_containers and (job.container is not None or job.services):
        yield Problem(job.place, f"{job.name} runs in a container, and --strict-containers is set")
    hooks = job.deployment.hooks.values() if job.deployment else ()
    for hook in hooks:
        pool = hook.pool or job.pool
        for step in hook.steps:
            yield from _of_step(plan, step, settings, tasks, pool is not None and pool.server)
    for step in job.steps:
        yield from _of_step(plan, step, settings, tasks, job.server)


def _of_step(
    plan: Plan, step: Step, settings: Settings, tasks: Tasks, server: bool
) -> Iterator[Problem]:
    if step.task == CHECKOUT:
        alias = step.inputs.get("repository", step.subject).strip() or "self"
        if repository_folder(plan, alias) is None:
            yield Problem(
                step.place,
                f"where the repository {alias} lies isn't known: "
                f"give it with --repository {alias}=PATH",
            )
        return
    task = tasks.find(step.task, step.version)
    if task is None:
        yield Problem(step.place, f"the task {step.reference} isn't known here")
    elif server and (task.builtin is None or not task.builtin.server):
        yield Problem(step.place, f"{step.reference} can't run in a job with pool: server here")
    elif not server and task.builtin is not None and task.builtin.server:
        yield Problem(step.place, f"{step.reference} runs in a job with pool: server only")
    container = step.target.container if step.target else ""
    if settings.strict_containers and container not in ("", "host"):
        yield Problem(
            step.place,
            f"the step runs in the container {container}, and --strict-containers is set",
        )
