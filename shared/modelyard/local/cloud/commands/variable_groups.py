"""The command ``modelyard local variable-group``: a group of the local Azure DevOps, linked to a
key vault."""

from __future__ import annotations

import argparse
import sys

from modelyard.local.arguments import Subparsers, state_folder
from modelyard.local.cloud.commands.arguments import add_command
from modelyard.local.cloud.commands.client import call

PROJECT = "local"
"""What the project is called that the local runner's builds belong to."""


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add ``variable-group``."""
    summary = "link a variable group to a local key vault, made where there is none of its name"
    parser = add_command(subparsers, "variable-group", _link, summary)
    add = parser.add_argument
    add("name", metavar="NAME", help="name of the group, as '- group: NAME' has it")
    add("--vault", required=True, help="name of the key vault")
    add("secrets", nargs="+", metavar="SECRET", help="names of the secrets that become variables")
    add("--connection", default="key-vault", help="service connection (default: key-vault)")
    add("--project", default=PROJECT, help=f"project that it belongs to (default: {PROJECT})")


def _link(arguments: argparse.Namespace) -> int:
    names = ("name", "vault", "secrets", "connection", "project")
    body = {name: getattr(arguments, name) for name in names}
    made = call(state_folder(arguments), "PUT", "devops/variable-groups", body)
    sys.stdout.write(f"variable group {arguments.name} (id {made['id']})\n")
    return 0
