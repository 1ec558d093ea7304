"""What the commands have in common: which state folder they mean, and how they fail."""

from __future__ import annotations

import argparse
import sys

from modelyard.local import arguments as common
from modelyard.local.arguments import Command, Subparsers
from modelyard.local.cloud.exceptions import LocalCloudError


def add_command(
    subparsers: Subparsers[argparse.ArgumentParser], name: str, command: Command, summary: str
) -> argparse.ArgumentParser:
    """A parser with ``--state`` whose ``handler`` is ``command``, with errors on one line."""

    def handler(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except LocalCloudError as error:
            sys.stderr.write(f"modelyard local: {error}\n")
            return 1

    parser = common.add_command(subparsers, name, handler, summary)
    common.add_state(parser)
    return parser
