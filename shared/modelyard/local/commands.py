"""The command ``modelyard local``: its parts bring their own sub-commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from modelyard.errors import MissingTool


def main(arguments: Sequence[str]) -> int:
    """Run one sub-command; returns its exit code.

    :raises MissingTool: when the extra that it needs isn't installed.
    """
    options = _parser().parse_args(list(arguments))
    handler: Callable[[argparse.Namespace], int] = options.handler
    return handler(options)


def _parser() -> argparse.ArgumentParser:
    try:
        # Here and not above: only `modelyard local` may ask for the packages of the extra.
        from modelyard.local.cloud.commands import add_commands
        from modelyard.local.runner.commands import add_commands as add_runner_commands
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("modelyard"):
            raise
        raise MissingTool(
            f"the Python package {error.name} isn't installed, which the local cloud needs",
            fix='pip install "modelyard[local]"',
        ) from None
    parser = argparse.ArgumentParser(
        prog="modelyard local",
        description="The local cloud: Azure Databricks, Microsoft Entra and what belongs to them "
        "on this machine; and the local runner, for pipelines of Azure Pipelines.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_commands(subparsers)
    add_runner_commands(subparsers)
    return parser
