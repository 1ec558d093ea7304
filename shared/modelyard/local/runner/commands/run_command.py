"""``modelyard local run FILE``: run a pipeline, show it, keep what it leaves."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Protocol

from modelyard.clock import SystemClock
from modelyard.errors import InputError, MissingTool
from modelyard.local.arguments import add_state, state_folder
from modelyard.local.runner.commands import given
from modelyard.local.runner.commands.arguments import (
    add_pair,
    add_plan_arguments,
    lowered,
    name_of,
    plan_of,
    tasks_of,
)
from modelyard.local.runner.commands.group_file import group
from modelyard.local.runner.commands.notices import show_warnings, shown
from modelyard.local.runner.commands.surroundings import (
    AUTO,
    NONE,
    Surroundings,
    needs_cloud,
    surroundings,
)
from modelyard.local.runner.display import terminal
from modelyard.local.runner.display.json_lines import JsonDisplay
from modelyard.local.runner.display.plain import PlainDisplay
from modelyard.local.runner.engine import run as engine
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event
from modelyard.local.runner.engine.job_variables import Groups
from modelyard.local.runner.engine.refusals import check, missing_groups
from modelyard.local.runner.engine.settings import APPROVED_BY_HAND, Settings
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline import render
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.report import write
from modelyard.local.runner.results.document import document
from modelyard.local.runner.results.folder import ResultFolder, new_folder
from modelyard.local.runner.results.format import RUNS
from modelyard.local.runner.results.history import History
from modelyard.local.runner.results.run_facts import of_run
from modelyard.runner_errors import ResultsError

EVENTS = ("push", "pull_request", "workflow_dispatch")
"""That start a workflow of GitHub."""
TREE, PLAIN, JSON = "tree", "plain", "json"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Display(Protocol):
    """Shows a run."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    add_plan_arguments(parser)
    add_state(parser, "the local cloud's state")
    add = parser.add_argument
    add(
        "--secret",
        action="append",
        default=[],
        metavar="NAME",
        help="a secret variable of the run, its value from the environment variable NAME",
    )
    add_pair(parser, "group", "NAME=FILE", "a variable group: a YAML or JSON file with its values")
    add("--parallel", type=_count, default=2, metavar="N", help="jobs at once (default: 2)")
    add(
        "--approve",
        action="append",
        default=[],
        metavar="NAME",
        help="approve an environment, a stage started by hand or a manual validation",
    )
    add("--yes", action="store_true", help="approve everything")
    add(
        "--approval",
        action="append",
        default=[],
        metavar="NAME",
        help=f"an environment that asks for an approval (default: {', '.join(APPROVED_BY_HAND)})",
    )
    add("--in-place", action="store_true", help="work in the repository itself, not in a copy")
    add(
        "--strict-containers",
        action="store_true",
        help="refuse jobs that run in a container; else they run on this machine",
    )
    add("--event", choices=EVENTS, help="what starts a workflow of GitHub (default: its first)")
    add("--job", metavar="ID", help="of a workflow of GitHub this job and what it needs")
    add_pair(parser, "resources", "NAME=A,B", "the resources of an environment (rolling)")
    add(
        "--cloud",
        choices=(AUTO, NONE),
        default=AUTO,
        help="use the local cloud, and start one if the pipeline needs it (default: auto)",
    )
    add(
        "--output",
        type=Path,
        metavar="FOLDER",
        help=f"the result folder (default: {RUNS}/NAME-TIME)",
    )
    add("--log-format", choices=(TREE, PLAIN, JSON),
        help="default: a tree on a terminal, else plain lines")  # fmt: skip


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number of jobs")
    return int(text)


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
    needed = needs_cloud(plan, tasks)
    cancellation = RunCancellation()
    with (
        signals_cancel(cancellation),
        surroundings(needed, options.cloud, state, groups=bool(elsewhere)) as around,
    ):
        settings = replace(
            settings,
            inherited=around.environment,
            masked=around.secrets,
            groups={**around.groups, **settings.groups},
        )
        check(plan, settings, tasks)
        return _perform(options, plan, tasks, settings, around, cancellation)


def check_output(output: Path | None) -> None:
    """
    :raises InputError: when the folder for the results has something in it.
    """
    if output is not None and output.exists() and any(output.iterdir()):
        raise InputError(f"{output} isn't empty", fix="name a new folder for the results")


def settings_of(options: argparse.Namespace, groups: Groups, secrets: frozenset[str]) -> Settings:
    """What the options decide."""
    return Settings(
        parallel=options.parallel,
        approvals=lowered(options.approval or APPROVED_BY_HAND),
        approved=lowered(options.approve),
        approve_all=options.yes,
        groups=groups,
        secrets=secrets,
        in_place=options.in_place,
        strict_containers=options.strict_containers,
        resources={
            name: tuple(one.strip() for one in text.split(",") if one.strip())
            for name, text in options.resources
        },
    )


def _perform(
    options: argparse.Namespace,
    plan: Plan,
    tasks: Tasks,
    settings: Settings,
    around: Surroundings,
    cancellation: RunCancellation,
) -> int:
    name = name_of(options.file, plan)
    clock = SystemClock()
    folder = result_folder(options.output, name, clock.time())
    folder.write("azure-pipelines.yml", render(plan))
    history = History()
    is_there = terminal.is_there()  # before the display takes the terminal over
    display = display_of(options.log_format, history)
    pausing = getattr(display, "paused", nullcontext)
    person = terminal.TerminalPerson(pausing) if is_there else None
    try:
        state = engine.run(
            plan,
            name,
            tasks,
            replace(folder.folders, counters=around.counters or folder.folders.counters),
            settings=settings,
            listeners=[history, folder, display],
            cancellation=cancellation,
            services=around.services,
            person=person,
            clock=clock,
        )
    finally:
        display.close()
        folder.close()
    folder.write_document(document(of_run(state), history, folder))
    report = write(folder.folder)
    return end(options, folder, report, cancellation, engine.result(state))


def end(
    options: argparse.Namespace,
    folder: ResultFolder,
    report: Path,
    cancellation: RunCancellation,
    result: Result,
) -> int:
    """Say where the results are; returns the exit code."""
    if options.log_format != JSON:
        sys.stdout.write(f"\nResults: {shown(folder.folder)}\nReport: {shown(report)}\n")
    if cancellation.signal:
        return 128 + cancellation.signal
    good = result in (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.SKIPPED)
    return 0 if good else 1


def result_folder(wanted: Path | None, name: str, now: float) -> ResultFolder:
    """The folder for a run's results.

    :param wanted: None: a new one among all runs.
    :raises ResultsError: when it can't be made.
    """
    try:
        return ResultFolder(wanted or new_folder(name, now))
    except OSError as error:
        raise ResultsError(
            f"{error.filename or wanted or RUNS} can't be made: {error.strerror or error}"
        ) from None


def display_of(wanted: str | None, history: History) -> Display:
    """What shows a run.

    :param wanted: None: what fits standard output.
    """
    if wanted == JSON:
        return JsonDisplay(sys.stdout)
    if wanted == TREE or (wanted is None and sys.stdout.isatty()):
        try:
            from modelyard.local.runner.display.tree import TreeDisplay
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith("rich"):
                raise
            if wanted == TREE:
                raise MissingTool(
                    "the Python package rich isn't installed, which draws the tree",
                    fix='pip install "modelyard[local]", or --log-format plain',
                ) from None
        else:
            return TreeDisplay(history, sys.stdout, SystemClock())
    return PlainDisplay(history, sys.stdout)


@contextmanager
def signals_cancel(cancellation: RunCancellation) -> Iterator[None]:
    """Ctrl-C and SIGTERM cancel the run; a second one ends steps with ``always()`` too."""

    def handle(number: int, _frame: FrameType | None) -> None:
        cancellation.cancel(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
