"""``modelyard local run .github/workflows/NAME.yml``: run it, show it, keep what it leaves."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from modelyard import operations
from modelyard.errors import InputError
from modelyard.local.arguments import state_folder
from modelyard.local.commands import approvals, given, workflow_approvals
from modelyard.local.commands.notices import show_warnings
from modelyard.local.commands.run_options import settings_of
from modelyard.local.commands.run_session import (
    AFTER_WORKFLOW,
    cancelled_by_signals,
    check_output,
    end,
    go_on,
    session,
)
from modelyard.local.commands.surroundings import Surroundings, surroundings
from modelyard.local.commands.workflow_arguments import plan_of
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.counters import RUNS, Counters
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.pipeline.problems import Problem
from modelyard.local.watcher import watched
from modelyard.local.workflows import (
    cloud_values,
    references,
    run_facts,
    starting_event,
)
from modelyard.local.workflows.act import program
from modelyard.local.workflows.filling import dispatched, filled
from modelyard.local.workflows.leaves import leaves
from modelyard.local.workflows.model import DISPATCH, Plan
from modelyard.local.workflows.planning import unknown_repository
from modelyard.local.workflows.request import Request
from modelyard.local.workflows.running import run
from modelyard.reading import nearest
from modelyard.runner_errors import PipelineError

_GIVEN_BY_GITHUB = ("GITHUB_TOKEN",)


def run_command(options: argparse.Namespace) -> int:
    """Run the workflow; returns the exit code.

    :raises PipelineError: with everything that is wrong in it. Nothing was run then.
    :raises MissingTool: when there is no act.
    """
    secrets = given.secrets(options.secret, os.environ)
    plan = plan_of(options)
    _look_at_actions(plan)
    show_warnings(plan.warnings)
    written = dict(options.parameter)
    event = starting_event.chosen(plan.workflow, options.event, with_inputs=bool(written))
    inputs = starting_event.inputs(plan.workflow, event, written)
    known = dispatched(plan.workflow.dispatch, inputs) if event == DISPATCH else {}
    workflow, job = filled(plan.workflow, known), _job(plan, options.job)
    request = Request(
        plan=plan,
        leaves=leaves(workflow, job),
        act=Path(),
        event=event,
        inputs=inputs,
        secrets={name.upper(): value for name, value in secrets.items()},
        variables={name.upper(): value for name, value in options.variable},
        job=job,
    )
    _look_at_containers(plan, strict=options.strict_containers)
    check_output(options.output)
    settings = settings_of(options, {}, frozenset())
    approvals.look_at(
        workflow_approvals.of_leaves(leaves(workflow)),
        settings,
        workflow_approvals.of_leaves(request.leaves),
    )
    request = replace(request, act=program.find(settings.tool_folder, os.environ))
    with (
        cancelled_by_signals(AFTER_WORKFLOW) as cancellation,
        surroundings(
            cloud_values.needs_cloud(plan), options.cloud, state_folder(options)
        ) as around,
        watched(around.environment, "workflow") as environment,
    ):
        settings = replace(settings, inherited=environment, masked=around.secrets)
        go_on(cancellation)
        return _perform(
            options, _completed(request, around), settings, cancellation, around.counters
        )


def _completed(request: Request, around: Surroundings) -> Request:
    """With what the local cloud has of what the workflow asks for."""
    plan = request.plan
    secrets = {**cloud_values.secrets(plan, around.cloud), **request.secrets}
    show_warnings(
        (place, f"the secret {name} isn't given, and is empty here: --secret {name}")
        for name, place in plan.secrets.items()
        if name not in secrets and name not in _GIVEN_BY_GITHUB
    )
    variables = {**cloud_values.variables(plan, around.cloud), **request.variables}
    return replace(request, secrets=secrets, variables=variables, start_job=around.start_job)


def _job(plan: Plan, wanted: str | None) -> str:
    """The id of a job as it is spelt; empty: all of them."""
    if not wanted:
        return ""
    ids = [one.id for one in plan.workflow.jobs]
    found = next((one for one in ids if one.lower() == wanted.lower()), None)
    if found is None:
        near = nearest(wanted, ids) or f": it has {', '.join(ids)}"
        raise InputError(f"the workflow has no job {wanted}{near}")
    return found


def _look_at_actions(plan: Plan) -> None:
    """act would fetch Modelyard's own actions from GitHub, and fail once the cloud is there."""
    found = [
        Problem(place, unknown_repository(reference.repository, f"a step uses {uses}"))
        for place, uses in plan.unchecked
        if (reference := references.parse(uses)) is not None
        and reference.path in (f"actions/{name}" for name in operations.NAMES)
    ]
    if found:
        raise PipelineError.of(found)


def _look_at_containers(plan: Plan, *, strict: bool) -> None:
    found = [job for job in plan.workflow.all_jobs() if job.container]
    if found and strict:
        raise PipelineError.of(
            f"{job.place}: {job.id} has a container, and --strict-containers is set"
            for job in found
        )
    show_warnings(
        (job.place, f"{job.id}: no container is started here, the job runs on this machine")
        for job in found
    )


def _perform(
    options: argparse.Namespace,
    request: Request,
    settings: Settings,
    cancellation: RunCancellation,
    counters: Path | None,
) -> int:
    plan = request.plan
    file = plan.root / plan.workflow.source.path
    with session(options, plan.workflow.name) as here:
        here.folder.write(file.name, file.read_text(encoding="utf-8-sig"))
        folders = here.folder.folders
        request = replace(request, number=Counters(counters or folders.counters).next(RUNS))
        done = run(
            request,
            folders,
            settings=settings,
            history=here.history,
            listeners=here.listeners,
            cancellation=cancellation,
            person=here.person,
            clock=here.clock,
        )
        here.history.mask(done.masker)
    facts = run_facts.of(request, done, here.history, folders, cancellation.signal)
    return end(options, here, facts)
