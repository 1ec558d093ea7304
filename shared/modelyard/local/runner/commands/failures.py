"""What is wrong with a pipeline, as a command shows it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from modelyard.errors import FileError
from modelyard.local.runner.pipeline import PipelineError
from modelyard.local.runner.pipeline.plan import Plan


def show_problems(error: PipelineError) -> int:
    """All of them, each with ``file:line:column``; returns the exit code."""
    for problem in error.problems:
        sys.stderr.write(f"{problem}\n")
    count = len(error.problems)
    sys.stderr.write(f"{count} problem{'' if count == 1 else 's'}: nothing was run\n")
    return FileError.exit_code


def show_warnings(plan: Plan) -> None:
    """What will run, and hardly as it was meant."""
    for place, message in plan.warnings:
        sys.stderr.write(f"{place}: warning: {message}\n")


def shown(path: Path) -> str:
    """A path as somebody here would write it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative
