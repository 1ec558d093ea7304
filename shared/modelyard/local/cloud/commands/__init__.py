"""The commands of ``modelyard local`` for the cloud: ``up``, ``exec``, ``secret`` and so on."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial

from modelyard.local.arguments import Subparsers, state_folder
from modelyard.local.cloud.cloud import SERVICES
from modelyard.local.cloud.commands import faults, lifecycle, logs, secrets, variable_groups
from modelyard.local.cloud.commands.arguments import add_command
from modelyard.local.cloud.commands.client import call
from modelyard.local.cloud.commands.execute import SHELLS, environment_of, execute, shell_text
from modelyard.local.cloud.commands.neighbours import others
from modelyard.local.cloud.commands.presentation import describe
from modelyard.local.cloud.commands.reset import reset_stopped
from modelyard.local.cloud.expanding import Expand
from modelyard.local.cloud.running import running


def add_commands(subparsers: Subparsers[argparse.ArgumentParser], expand: Expand) -> None:
    """Add the commands. Each sets ``handler``: call it with the arguments, it returns an exit code.

    :param expand: expands the YAML of pipelines, for a cloud that is started here.
    """
    up = add_command(
        subparsers, "up", partial(_up, expand), "start a local cloud and run it until Ctrl-C"
    )
    up.add_argument("--port", type=_port, help="listen there; else the port it had last, or any")
    up.add_argument(
        "--services",
        type=_services,
        default=SERVICES,
        metavar="A,B",
        help=f"start only these, of {','.join(SERVICES)}",
    )
    up.add_argument("--detach", action="store_true", help="run in the background instead")
    up.add_argument("--attached", action="store_true", help=argparse.SUPPRESS)
    add_command(subparsers, "down", _down, "stop the local cloud; its state stays")
    status = add_command(subparsers, "status", _status, "what runs, and where")
    status.add_argument("--json", action="store_true", help="for programs")
    program = add_command(subparsers, "exec", _exec, "run a program that uses the local cloud")
    program.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")
    env = add_command(
        subparsers,
        "env",
        _env,
        "print the variables of such a program for a shell, among them throw-away credentials",
    )
    env.add_argument("--shell", choices=SHELLS, default="sh", help="whose syntax (default: sh)")
    shown = add_command(subparsers, "logs", _logs, "the requests that the local cloud got")
    shown.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    faults.add_commands(subparsers)
    secrets.add_commands(subparsers)
    variable_groups.add_commands(subparsers)
    add_command(subparsers, "reset", _reset, "forget all state; credentials and certificates stay")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return int(text)


def _services(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in SERVICES:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(SERVICES)}")
    return names


def _up(expand: Expand, arguments: argparse.Namespace) -> int:
    folder = state_folder(arguments)
    for other in others(folder, os.environ):
        sys.stderr.write(f"Another local cloud runs in {other}: this one is a second one.\n")
    if not arguments.detach:
        lifecycle.up(
            folder, arguments.port, arguments.services, expand, attached=arguments.attached
        )
        return 0
    cloud = lifecycle.up_detached(folder, arguments.port, arguments.services)
    sys.stdout.write(f"{cloud.url}\n")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    folder = state_folder(arguments)
    pid = lifecycle.down(folder)
    if pid is None:
        sys.stdout.write(f"No local cloud runs in {folder}.\n")
    else:
        sys.stdout.write(f"Stopped (process {pid}).\n")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    status = call(state_folder(arguments), "GET", "status")
    text = json.dumps(status, indent=2) if arguments.json else describe(status)
    sys.stdout.write(f"{text}\n")
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    command: list[str] = arguments.command
    return execute(state_folder(arguments), command[1:] if command[:1] == ["--"] else command)


def _env(arguments: argparse.Namespace) -> int:
    variables = environment_of(state_folder(arguments))
    sys.stdout.write(shell_text(variables, arguments.shell, os.environ))
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    for line in logs.lines(state_folder(arguments), follow=arguments.follow):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    folder = state_folder(arguments)
    if running(folder) is None:
        reset_stopped(folder)
    else:
        call(folder, "POST", "reset", {})
    sys.stdout.write("All state is forgotten.\n")
    return 0
