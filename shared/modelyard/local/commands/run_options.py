"""The options of ``modelyard local run``."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelyard.local.arguments import add_state
from modelyard.local.commands.arguments import add_pair, add_plan_arguments, lowered
from modelyard.local.commands.run_session import JSON, PLAIN, TREE
from modelyard.local.commands.surroundings import AUTO, NONE
from modelyard.local.runner.engine.job_variables import Groups
from modelyard.local.runner.engine.settings import APPROVED_BY_HAND, Settings
from modelyard.local.runner.results.format import RUNS
from modelyard.local.workflows.starting_event import EVENTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    add_plan_arguments(parser)
    add_state(parser, "the local cloud's state")
    add = parser.add_argument
    add(
        "--secret",
        action="append",
        default=[],
        metavar="NAME[=VARIABLE]",
        help="a secret variable of the run, its value from the environment variable VARIABLE "
        "(default: NAME, else NAME in capitals with _ for - and .: DATABRICKS_TOKEN)",
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
            name.lower(): tuple(one.strip() for one in text.split(",") if one.strip())
            for name, text in options.resources
        },
    )
