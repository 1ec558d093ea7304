"""``python -m modelyard.local.cloud up``: what a cloud in the background is started as."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from modelyard.local.cloud.commands import add_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the ``modelyard local`` commands; returns its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog="modelyard local", description="The local cloud.")
    add_commands(parser.add_subparsers(dest="local_command", required=True, metavar="COMMAND"))
    parsed = parser.parse_args(arguments)
    code: int = parsed.handler(parsed)
    return code


if __name__ == "__main__":
    sys.exit(main())
