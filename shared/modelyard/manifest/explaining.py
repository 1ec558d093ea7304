"""``modelyard explain MY012``: the section of the troubleshooting page, offline."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from modelyard.errors import InputError, ModelyardError, all_errors
from modelyard.manifest.troubleshooting import cause_of, fix_of, meaning


def main(arguments: Sequence[str]) -> int:
    """Print what is known of an error, or one line for each of them; returns the exit code.

    :param arguments: the identifier of an error, or its exit code; empty: all are listed.
    :raises InputError: when there is no such error, or more than one is asked for.
    """
    errors = sorted(all_errors(), key=lambda one: one.identifier)
    match list(arguments):
        case []:
            lines = [f"{one.identifier}  {one.exit_code:>3}  {meaning(one)}" for one in errors]
        case ["-h" | "--help"]:
            lines = ["usage: modelyard explain [MY012 | EXIT-CODE]    without one: all errors"]
        case [wanted]:
            lines = list(_section(_found(wanted, errors)))
        case _:
            raise InputError("modelyard explain takes one error", fix="modelyard explain MY012")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _found(wanted: str, errors: Sequence[type[ModelyardError]]) -> type[ModelyardError]:
    for one in errors:
        if wanted.upper() == one.identifier or wanted == str(one.exit_code):
            return one
    raise InputError(f"there is no error {wanted}", fix="modelyard explain lists all")


def _section(error: type[ModelyardError]) -> Sequence[str]:
    return (
        f"{error.identifier} ({error.__name__}), exit code {error.exit_code}",
        meaning(error),
        f"  likely cause: {cause_of(error)}",
        f"  what to do: {fix_of(error)}",
    )
