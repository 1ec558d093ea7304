"""The command ``modelyard local``: its parts bring their own sub-commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from modelyard.errors import InputError
from modelyard.local.arguments import Subparsers, missing_package
from modelyard.local.commands.plan_lines import counted
from modelyard.reading import nearest

HELP = "modelyard local --help"
RUNNER = ("run", "plan", "report")
"""The commands of the local runner; all others are the local cloud's."""


def main(arguments: Sequence[str]) -> int:
    """Run one sub-command; returns its exit code.

    :raises MissingTool: when the extra that it needs isn't installed.
    """
    named = next((one for one in arguments if not one.startswith("-")), "")
    parser, commands = _parser(named)
    if not arguments:
        parser.print_help(sys.stderr)
        return InputError.exit_code
    if named and named not in commands:
        raise InputError(
            f"there is no command {named}{nearest(named, commands)}", fix=f"see {HELP} for all"
        )
    options, unknown = parser.parse_known_args(list(arguments))
    if unknown:
        own = _deepest(parser, arguments)
        known = own._option_string_actions  # no public name for it
        raise InputError("\n".join(_complaints(unknown, known)), fix=f"see {own.prog} -h")
    handler: Callable[[argparse.Namespace], int] = options.handler
    return handler(options)


def _deepest(parser: argparse.ArgumentParser, arguments: Iterable[str]) -> argparse.ArgumentParser:
    """The parser of the command that is named, or of a command of it: ``fault add``."""
    for argument in arguments:
        for action in parser._actions:
            if isinstance(action, Subparsers) and argument in action.choices:
                parser = action.choices[argument]
                break
    return parser


def _complaints(unknown: Sequence[str], known: Iterable[str]) -> Iterator[str]:
    """What is wrong with each option that nobody knows; never its value."""
    options = [one.partition("=")[0] for one in unknown if one.startswith("-")]
    for option in options:
        yield f"there is no option {option}{nearest(option, known)}"
    if not options:
        yield f"{counted(len(unknown), 'argument')} too many"


def _parser(
    named: str,
) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """It, and those of its commands.

    The cloud's modules and the runner's take half a second each to import, and the cloud's packages
    are only there with the extra: who names a command of one gets that one alone.
    """
    parser = argparse.ArgumentParser(
        prog="modelyard local",
        description="The local cloud: Azure Databricks, Microsoft Entra and what belongs to them "
        "on this machine; and the local runner, for pipelines of Azure Pipelines.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    if named not in RUNNER:
        try:
            from modelyard.local.cloud.commands import add_commands
            from modelyard.local.commands.expanding import expanded
        except ModuleNotFoundError as error:
            raise missing_package(error) from None
        add_commands(subparsers, expanded)
    if named not in subparsers.choices:
        from modelyard.local.commands import dispatch

        dispatch.add_commands(subparsers)
    return parser, subparsers.choices
