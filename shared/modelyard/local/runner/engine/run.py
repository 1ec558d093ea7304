"""Running a whole plan.

Source: learn.microsoft.com, ``process/runs`` and ``process/stages``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from modelyard.clock import Clock, SystemClock
from modelyard.local.runner.builtin.artifacts import ArtifactStore
from modelyard.local.runner.engine import contexts, facts
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.connections import NoServices, Services
from modelyard.local.runner.engine.counters import RUNS, Counters
from modelyard.local.runner.engine.events import Ended, Events, Listener, Planned, Started
from modelyard.local.runner.engine.job_variables import (
    Groups,
    LinkedGroup,
    UnknownGroup,
    VariableScopes,
)
from modelyard.local.runner.engine.outcomes import StageOutcome, together
from modelyard.local.runner.engine.questions import Approvals, Person
from modelyard.local.runner.engine.resource_context import resource_context
from modelyard.local.runner.engine.run_folders import RunFolders
from modelyard.local.runner.engine.run_number import run_number
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.slots import Slots
from modelyard.local.runner.engine.stage_run import StageRun
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.engine.walking import walk
from modelyard.local.runner.engine.working_copy import source
from modelyard.local.runner.expressions import ExpressionError
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.dependencies import reach
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.pipeline.plan import Variable as PlannedVariable
from modelyard.local.runner.predefined_variables import Build, Folders, predefined
from modelyard.local.runner.variables import Variable, Variables
from modelyard.local.watcher import beginning


def run(
    plan: Plan,
    name: str,
    tasks: Tasks,
    folders: RunFolders,
    *,
    settings: Settings | None = None,
    listeners: Sequence[Listener] = (),
    cancellation: RunCancellation | None = None,
    services: Services | None = None,
    person: Person | None = None,
    clock: Clock | None = None,
) -> RunState:
    """Run a plan to its end. :func:`.refusals.check` has found nothing wrong with it.

    :param name: of the pipeline.
    :returns: the run with what has come of it; :func:`result` says how it ended.
    """
    settings = settings or Settings()
    clock = clock or SystemClock()
    work = Path(tempfile.mkdtemp(prefix=beginning("run"))).resolve()
    try:
        state = _state(
            plan, name, tasks, folders, settings, listeners, cancellation, services, person, clock,
            work,
        )  # fmt: skip
        _perform(state)
        return state
    finally:
        shutil.rmtree(work, ignore_errors=True)


def result(state: RunState) -> Result:
    """How a run ended."""
    if state.cancellation.is_set():
        return Result.CANCELED
    return together(one.result for one in state.stages.values())


def _perform(state: RunState) -> None:
    emit, clock = state.emit, state.clock
    stages = state.plan.pipeline.stages
    for stage in stages:
        emit(Planned((stage.name,), stage.title))
        for job in stage.jobs:
            emit(Planned((stage.name, job.name), job.title))
    emit(Started((), state.build.pipeline, clock.time()))
    by_name = {one.name: one for one in stages}
    graph = {one.name: one.depends_on for one in stages}
    reached = reach(graph)

    def work(name: str) -> StageOutcome:
        before = {other: state.stages[other] for other in graph if other in reached[name]}
        state.stages[name] = StageRun(state, by_name[name], before).perform()
        return state.stages[name]

    walk(graph, work)
    emit(Ended((), result(state), clock.time()))


def _state(
    plan: Plan,
    name: str,
    tasks: Tasks,
    folders: RunFolders,
    settings: Settings,
    listeners: Sequence[Listener],
    cancellation: RunCancellation | None,
    services: Services | None,
    person: Person | None,
    clock: Clock,
    work: Path,
) -> RunState:
    counters = Counters(folders.counters)
    repository = source(plan.root)
    started = datetime.fromtimestamp(clock.time(), tz=timezone.utc).replace(microsecond=0)
    build = build_of(plan.root, name, counters.next(RUNS))
    known = tuple(
        one
        for one in predefined(Folders(work, settings.tool_folder), build)
        if one.name in facts.before_run(build)
    )
    resources = resource_context(plan.pipeline.resources, build, repository)
    number = _number(plan, known, started, counters, name, settings.groups, resources)
    state = RunState(
        plan=plan,
        settings=settings,
        tasks=tasks,
        clock=clock,
        emit=Events(listeners),
        cancellation=cancellation or RunCancellation(),
        services=services or NoServices(),
        approvals=Approvals(settings, person),
        counters=counters,
        artifacts=ArtifactStore(folders.artifacts),
        source=repository,
        build=build,
        facts=(*known, *facts.of_run(build, repository, number, started)),
        started=started,
        resources=resources,
        work=work,
        uploads=folders.uploads,
        slots=Slots(settings.parallel),
        number=number,
    )
    for value in settings.masked:
        state.masker.add_job_secret(value)
    for secret in settings.secrets:
        state.masker.add_job_secret(plan.queue_variables.get(secret, ""))
    for group in settings.groups.values():
        if isinstance(group, LinkedGroup):
            continue  # its values are masked when a job reads them
        for one in group.values():
            if one.secret:
                state.masker.add_job_secret(one.value)
    return state


def build_of(root: Path, name: str, number: int = 1) -> Build:
    """What is built: the state of the pipeline's repository, whose folder is ``root``."""
    repository = source(root)
    return replace(
        Build(),
        pipeline=name,
        repository=repository.name,
        branch=repository.branch,
        commit=repository.commit,
        number=number,
    )


def _number(
    plan: Plan,
    known: Sequence[Variable],
    started: datetime,
    counters: Counters,
    name: str,
    groups: Groups,
    resources: Mapping[str, Any],
) -> str:
    """The number of the run. Runtime expressions of its variables have their value by then,
    ``counter()`` too; what has none stays as it is written: each stage fails of it, and says so.
    Groups have no part in it but for what such an expression reads."""
    scopes = VariableScopes(
        known,
        groups,
        partial(contexts.of_stages, stages={}, started=started, resources=resources),
        {"counter": counters.function(name)},
    )
    scopes.add_given(plan.queue_variables)
    names = {one.lower() for one in plan.queue_variables}
    for written in plan.pipeline.variables:
        with suppress(ExpressionError, UnknownGroup):
            scopes.add([written])
        if isinstance(written, PlannedVariable):
            names.add(written.name.lower())
    facts = Variables(known)
    variables = facts.with_more(
        [
            *(one for one in scopes.variables() if one.name.lower() in names),
            Variable("BuildDefinitionName", name),
            Variable("SourceBranchName", facts.value("Build.SourceBranchName")),
            Variable("TeamProject", facts.value("System.TeamProject")),
            Variable("BuildID", facts.value("Build.BuildId")),
        ]
    )
    return run_number(
        plan.pipeline.name,
        started.astimezone(),
        variables.expand,
        lambda text: counters.next(f"revision of {name} {text}"),
    )
