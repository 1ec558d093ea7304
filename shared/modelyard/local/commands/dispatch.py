"""The commands ``modelyard local run``, ``plan`` and ``report``: of a pipeline or of a workflow."""

from __future__ import annotations

import argparse

from modelyard.errors import InputError
from modelyard.local.arguments import Subparsers, add_command
from modelyard.local.commands import (
    RUNNER,
    plan_command,
    report_command,
    run_command,
    run_options,
    workflow_plan,
    workflow_run,
)
from modelyard.local.workflows.references import is_workflow

_WORKFLOWS = ("event", "job")
"""Options that mean nothing for a pipeline."""


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add them. Each sets ``handler``: call it with the arguments, it returns an exit code."""
    run, plan, report = RUNNER
    run_options.add_arguments(
        add_command(
            subparsers, run, _run, "run a pipeline of Azure Pipelines or a workflow of GitHub here"
        )
    )
    plan_command.add_arguments(
        add_command(subparsers, plan, _plan, "show what a pipeline or a workflow would do")
    )
    report_command.add_arguments(
        add_command(
            subparsers, report, report_command.report_command, "write a run's report, a page"
        )
    )


def _run(options: argparse.Namespace) -> int:
    if is_workflow(options.file):
        return workflow_run.run_command(options)
    for name in _WORKFLOWS:
        if getattr(options, name):
            raise InputError(f"--{name} is for workflows of GitHub, not for {options.file}")
    return run_command.run_command(options)


def _plan(options: argparse.Namespace) -> int:
    if is_workflow(options.file):
        return workflow_plan.plan_command(options)
    return plan_command.plan_command(options)
