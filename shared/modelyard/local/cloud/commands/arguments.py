"""What the commands have in common: which state folder they mean."""

from __future__ import annotations

import argparse

from modelyard.local import arguments as common
from modelyard.local.arguments import Command, Subparsers


def add_command(
    subparsers: Subparsers[argparse.ArgumentParser], name: str, command: Command, summary: str
) -> argparse.ArgumentParser:
    """A parser with ``--state`` whose ``handler`` is ``command``."""
    parser = common.add_command(subparsers, name, command, summary)
    common.add_state(parser)
    return parser
