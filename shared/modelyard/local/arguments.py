"""What the sub-commands of ``modelyard local`` are made with."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from modelyard.errors import MissingTool

STATE_VARIABLE = "MODELYARD_LOCAL_STATE"
DEFAULT_STATE = Path(".modelyard/local")

Command = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction  # argparse has no public name for it


def add_command(
    subparsers: Subparsers[argparse.ArgumentParser], name: str, command: Command, summary: str
) -> argparse.ArgumentParser:
    """A parser whose ``handler`` is ``command``: it takes the arguments, returns an exit code."""
    parser = subparsers.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    parser.set_defaults(handler=command)
    return parser


def add_state(parser: argparse.ArgumentParser, whose: str = "its state") -> None:
    """The option ``--state``."""
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        help=f"where {whose} is (default: ${STATE_VARIABLE}, else {DEFAULT_STATE})",
    )


def state_folder(arguments: argparse.Namespace) -> Path:
    """From ``--state``, else MODELYARD_LOCAL_STATE, else ``.modelyard/local``."""
    named = arguments.state or os.environ.get(STATE_VARIABLE)
    return (Path(named) if named else DEFAULT_STATE).absolute()


def missing_package(error: ModuleNotFoundError) -> Exception:
    """What to raise where an import failed: a package of the extra, or a fault of ours."""
    if error.name is None or error.name.startswith("modelyard"):
        return error
    return MissingTool(
        f"the Python package {error.name} isn't installed, which the local cloud needs",
        fix='pip install "modelyard[local]"',
    )
