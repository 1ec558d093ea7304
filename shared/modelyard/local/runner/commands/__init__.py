"""The commands ``modelyard local run``, ``plan`` and ``report``."""

from __future__ import annotations

import argparse

from modelyard.local.arguments import Subparsers, add_command
from modelyard.local.runner.commands import plan_command, report_command, run_command

NAMES = ("run", "plan", "report")


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add them. Each sets ``handler``: call it with the arguments, it returns an exit code."""
    run, plan, report = NAMES
    run_command.add_arguments(
        add_command(
            subparsers, run, run_command.run_command, "run a pipeline of Azure Pipelines here"
        )
    )
    plan_command.add_arguments(
        add_command(subparsers, plan, plan_command.plan_command, "show what a pipeline would do")
    )
    report_command.add_arguments(
        add_command(
            subparsers, report, report_command.report_command, "write a run's report, a page"
        )
    )
