"""The commands ``modelyard local fault add | list | clear``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from modelyard.errors import InputError
from modelyard.local.arguments import Subparsers, state_folder
from modelyard.local.cloud.commands.arguments import add_command
from modelyard.local.cloud.commands.client import call
from modelyard.local.cloud.faults import ACTIONS

EXAMPLES = """examples:
  modelyard local fault add status --status 429 --header Retry-After=1 --times 2
  modelyard local fault add reset --after --method POST --path '/api/2.*/jobs/runs/submit'
  modelyard local fault add delay --seconds 90 --host login.microsoftonline.com
"""


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add ``fault`` with its own commands."""
    fault = subparsers.add_parser(
        "fault", help="spoil answers on demand", description="Spoil answers on demand."
    )
    own = fault.add_subparsers(dest="fault_command", required=True, metavar="COMMAND")
    actions = "".join(f"\n  {name:<8} {text}" for name, text in ACTIONS.items())
    add = add_command(own, "add", _add, "add a rule, for the next request that it fits")
    add.formatter_class = argparse.RawDescriptionHelpFormatter
    add.epilog = f"actions:{actions}\n\n{EXAMPLES}"
    add.add_argument("action", choices=ACTIONS, help="what happens")
    for name, meaning in (("host", "host name"), ("method", "method"), ("path", "path")):
        add.add_argument(f"--{name}", default="*", help=f"{meaning}, * for anything (default: *)")
    add.add_argument("--after", action="store_true", help="the request has its effect first")
    often = add.add_mutually_exclusive_group()
    often.add_argument("--times", type=int, default=1, help="how often (default: 1)")
    often.add_argument("--forever", action="store_true", help="until it is cleared")
    add.add_argument("--skip", type=int, default=0, help="let so many fitting requests pass first")
    add.add_argument("--status", type=int, default=500, help="for action status (default: 500)")
    add.add_argument("--header", action="append", default=[], metavar="NAME=VALUE")
    add.add_argument("--body", help="for action status: text or JSON")
    add.add_argument("--seconds", type=float, default=0.0, help="for action delay")
    add_command(own, "list", _list, "the rules and how often they were applied")
    clear = add_command(own, "clear", _clear, "remove one rule, or all")
    clear.add_argument("rule", nargs="?", help="its id, from list")


def _add(arguments: argparse.Namespace) -> int:
    rule = {
        "action": arguments.action,
        "host": arguments.host,
        "method": arguments.method,
        "path": arguments.path,
        "when": "after" if arguments.after else "before",
        "times": None if arguments.forever else arguments.times,
        "skip": arguments.skip,
        "status": arguments.status,
        "headers": dict(_header(text) for text in arguments.header),
        "body": _body(arguments.body),
        "seconds": arguments.seconds,
    }
    added = call(state_folder(arguments), "POST", "faults", rule)
    sys.stdout.write(f"{added['id']}\n")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    rules = call(state_folder(arguments), "GET", "faults")["faults"]
    for rule in rules:
        sys.stdout.write(f"{_describe(rule)}\n")
    if not rules:
        sys.stdout.write("No fault rules.\n")
    return 0


def _clear(arguments: argparse.Namespace) -> int:
    path = f"faults/{arguments.rule}" if arguments.rule else "faults"
    call(state_folder(arguments), "DELETE", path)
    return 0


def _header(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise InputError(f"--header {text!r} is not NAME=VALUE")
    return name, value


def _body(text: str | None) -> Any:
    """JSON where it is JSON, so that the answer says so; else text."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _describe(rule: Mapping[str, Any]) -> str:
    what = {"status": f"status {rule['status']}", "delay": f"delay {rule['seconds']:g} s"}
    times = "always" if rule["times"] is None else f"{rule['times']} times"
    skip = f" after {rule['skip']} others" if rule["skip"] else ""
    state = "used up" if rule["used_up"] else f"applied {rule['applied']} times"
    return (
        f"{rule['id']}  {what.get(rule['action'], rule['action'])} {rule['when']} the effect of "
        f"{rule['method']} {rule['host']}{rule['path']}, {times}{skip}: {state}"
    )
