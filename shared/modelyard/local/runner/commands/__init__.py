"""The commands ``modelyard local run`` and ``modelyard local plan``."""

from __future__ import annotations

import argparse

from modelyard.local.cloud.commands.arguments import Subparsers, add_command
from modelyard.local.runner.commands import plan_command, run_command


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add both. Each sets ``handler``: call it with the arguments, it returns an exit code."""
    run = add_command(
        subparsers, "run", run_command.run_command, "run a pipeline of Azure Pipelines here"
    )
    run_command.add_arguments(run)
    plan = add_command(
        subparsers, "plan", plan_command.plan_command, "show what a pipeline would do"
    )
    plan_command.add_arguments(plan)
