"""Secret variables that a run is given.

Secrets stand in no command line: ``--secret NAME`` takes the value of the environment variable of
that name, ``--secret NAME=VARIABLE`` that of another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping

from modelyard.errors import InputError

_UNDERSCORES = str.maketrans("-.", "__")


def secrets(given: Iterable[str], environment: MutableMapping[str, str]) -> dict[str, str]:
    """The secret variables of a run. They are taken out of the environment: a step has only those
    that its own ``env`` names, as on an agent, and nothing that runs beside it has any.

    :param given: ``NAME`` or ``NAME=VARIABLE``.
    :raises InputError: when there is no such environment variable.
    """
    variables = {}
    for one in given:
        name, equals, variable = one.partition("=")
        variables[name] = (
            _named(name, variable, environment) if equals else _like(name, environment)
        )
    found = {name: environment[variable] for name, variable in variables.items()}
    for variable in set(variables.values()):
        del environment[variable]
    return found


def _named(name: str, variable: str, environment: Mapping[str, str]) -> str:
    if not name or variable not in environment:
        # What stands there isn't repeated: it may be the secret itself.
        raise InputError(
            f"--secret {name}=...: there is no environment variable of the name behind the =",
            fix=f"set one for this command, and give its name, not its value: "
            f"--secret {name or 'NAME'}=VARIABLE",
        )
    return variable


def _like(name: str, environment: Mapping[str, str]) -> str:
    """The variable of this name, else the one that a shell can set for it."""
    shell_name = name.translate(_UNDERSCORES).upper()
    for variable in (name, shell_name):
        if variable in environment:
            return variable
    nor = f" nor {shell_name}" if shell_name != name else ""
    raise InputError(
        f"--secret {name}: there is no environment variable {name}{nor}",
        fix=f"set {shell_name} for this command, or name another variable: "
        f"--secret {name}=VARIABLE",
    )
