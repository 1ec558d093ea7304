"""Secret variables that a run is given.

Secrets stand in no command line: ``--secret NAME`` takes the value of the environment variable of
that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelyard.errors import InputError


def secrets(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The secret variables of a run.

    :raises InputError: when there is no such environment variable.
    """
    found = {}
    for name in names:
        variable = name if name in environment else name.replace(".", "_").upper()
        if variable not in environment:
            raise InputError(
                f"--secret {name}: there is no environment variable {name}",
                fix=f"set it for this command, and give only its name: --secret {name}",
            )
        found[name] = environment[variable]
    return found
