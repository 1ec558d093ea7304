"""Secret variables that a run is given.

Secrets stand in no command line: ``--secret NAME`` takes the value of the environment variable of
that name.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from modelyard.errors import InputError


def secrets(names: Iterable[str], environment: MutableMapping[str, str]) -> dict[str, str]:
    """The secret variables of a run. They are taken out of the environment: a step has only those
    that its own ``env`` names, as on an agent, and nothing that runs beside it has any.

    :raises InputError: when there is no such environment variable.
    """
    found, read = {}, set()
    for name in names:
        variable = name if name in environment else name.replace(".", "_").upper()
        if variable not in environment:
            raise InputError(
                f"--secret {name}: there is no environment variable {name}",
                fix=f"set it for this command, and give only its name: --secret {name}",
            )
        found[name] = environment[variable]
        read.add(variable)
    for variable in read:
        del environment[variable]
    return found
