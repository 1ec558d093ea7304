"""The command ``modelyard local``: its parts bring their own sub-commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from modelyard.local.arguments import missing_package
from modelyard.local.commands import dispatch


def main(arguments: Sequence[str]) -> int:
    """Run one sub-command; returns its exit code.

    :raises MissingTool: when the extra that it needs isn't installed.
    """
    named = next((one for one in arguments if not one.startswith("-")), "")
    options = _parser(cloud=named not in dispatch.NAMES).parse_args(list(arguments))
    handler: Callable[[argparse.Namespace], int] = options.handler
    return handler(options)


def _parser(*, cloud: bool) -> argparse.ArgumentParser:
    """
    :param cloud: with the commands of the local cloud, whose packages take a second to import and
        are only there with the extra.
    """
    parser = argparse.ArgumentParser(
        prog="modelyard local",
        description="The local cloud: Azure Databricks, Microsoft Entra and what belongs to them "
        "on this machine; and the local runner, for pipelines of Azure Pipelines.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    if cloud:
        try:
            from modelyard.local.cloud.commands import add_commands
        except ModuleNotFoundError as error:
            raise missing_package(error) from None
        add_commands(subparsers)
    dispatch.add_commands(subparsers)
    return parser
