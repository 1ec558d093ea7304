"""What the commands have in common: which state folder they mean, and how they fail."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from modelyard.local.cloud.exceptions import LocalCloudError

STATE_VARIABLE = "MODELYARD_LOCAL_STATE"
DEFAULT_STATE = Path(".modelyard/local")

Command = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction  # argparse has no public name for it


def add_command(
    subparsers: Subparsers[argparse.ArgumentParser], name: str, command: Command, summary: str
) -> argparse.ArgumentParser:
    """A parser with ``--state`` whose ``handler`` is ``command``, with errors on one line."""
    parser = subparsers.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        help=f"where its state is (default: ${STATE_VARIABLE}, else {DEFAULT_STATE})",
    )

    def handler(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except LocalCloudError as error:
            sys.stderr.write(f"modelyard local: {error}\n")
            return 1

    parser.set_defaults(handler=handler)
    return parser


def state_folder(arguments: argparse.Namespace) -> Path:
    """From ``--state``, else MODELYARD_LOCAL_STATE, else ``.modelyard/local``."""
    named = arguments.state or os.environ.get(STATE_VARIABLE)
    return (Path(named) if named else DEFAULT_STATE).absolute()
