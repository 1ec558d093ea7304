"""``modelyard local run FILE``: run a pipeline, show it, keep what it leaves."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from modelyard.local.arguments import state_folder
from modelyard.local.commands import approvals, given
from modelyard.local.commands.arguments import name_of, plan_of, tasks_of
from modelyard.local.commands.group_file import group
from modelyard.local.commands.notices import show_warnings
from modelyard.local.commands.run_options import settings_of
from modelyard.local.commands.run_session import (
    AFTER_PIPELINE,
    cancelled_by_signals,
    check_output,
    end,
    go_on,
    session,
)
from modelyard.local.commands.surroundings import NONE, Surroundings, needs_cloud, surroundings
from modelyard.local.runner.engine import run as engine
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.refusals import check, check_resources, missing_groups
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.pipeline import render
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.results.run_facts import of_run
from modelyard.local.watcher import watched


def run_command(options: argparse.Namespace) -> int:
    """Run the pipeline; returns the exit code.

    :raises PipelineError: with everything that is wrong in it. Nothing was run then.
    """
    tasks = tasks_of(options)
    secrets = given.secrets(options.secret, os.environ)
    groups = {name: group(Path(path)) for name, path in options.group}
    plan = plan_of(options, tasks, secrets)
    show_warnings(plan.warnings)
    check_output(options.output)
    settings = settings_of(options, groups, frozenset(secrets))
    state = state_folder(options)
    missing = missing_groups(plan, settings)
    elsewhere = missing if options.cloud != NONE and state.is_dir() else frozenset()
    check(plan, settings, tasks, elsewhere=elsewhere)
    check_resources(plan, settings)
    approvals.look_at(approvals.of_pipeline(plan), settings)
    needed = needs_cloud(plan, tasks)
    with (
        cancelled_by_signals(AFTER_PIPELINE) as cancellation,
        surroundings(needed, options.cloud, state, groups=bool(elsewhere)) as around,
        watched(around.environment, "run") as environment,
    ):
        settings = replace(
            settings,
            inherited=environment,
            masked=around.secrets,
            groups={**around.groups, **settings.groups},
        )
        check(plan, settings, tasks)
        go_on(cancellation)
        return _perform(options, plan, tasks, settings, around, cancellation)


def _perform(
    options: argparse.Namespace,
    plan: Plan,
    tasks: Tasks,
    settings: Settings,
    around: Surroundings,
    cancellation: RunCancellation,
) -> int:
    name = name_of(options.file, plan.root)
    with session(options, name) as here:
        here.folder.write("azure-pipelines.yml", render(plan))
        folders = here.folder.folders
        state = engine.run(
            plan,
            name,
            tasks,
            replace(folders, counters=around.counters or folders.counters),
            settings=settings,
            listeners=here.listeners,
            cancellation=cancellation,
            services=around.services,
            person=here.person,
            clock=here.clock,
        )
        here.history.mask(state.masker)
    return end(options, here, of_run(state))
