"""What secret-scope is given: mappings of names; the values come from the environment alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelyard.context import Context
from modelyard.databricks import secrets
from modelyard.errors import InputError
from modelyard.masking import SHORTEST, too_short
from modelyard.reading import defined


def values(mapping: Any, context: Context) -> dict[str, str]:
    """The secrets by key, masked.

    :param mapping: as given: of a key to the name of an environment variable.
    :raises InputError: one for all keys and variables that aren't usable.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for key, variable in _mapping("secrets", mapping, "KEY: NAME_OF_A_VARIABLE").items():
        secrets.check_key(key)
        value = context.environment.get(variable, "")
        if not value.strip():
            problems.append(
                f"{key}: the environment variable {_named(variable)} isn't set, or empty"
            )
        elif (problem := _undefined(variable, value)) is not None:
            problems.append(f"{key}: {problem}")
        else:
            context.ci.mask(value)
            found[key] = value
            if len(value.encode()) > secrets.LARGEST:
                problems.append(f"{key}: the value has more than {secrets.LARGEST // 1024} KB")
    if problems:
        raise InputError(
            "\n".join(problems),
            fix="map each variable in the env of this step, for example "
            "'env: CLIENT_SECRET: $(client-secret)'",
        )
    short = [key for key, value in found.items() if too_short(value)]
    if short:
        context.log.warning(
            "%s: lines of under %d characters aren't masked", ", ".join(short), SHORTEST
        )
    return found


def _undefined(variable: str, value: str) -> str | None:
    try:
        defined(_named(variable), value)
    except InputError as error:
        return error.what
    return None


def _named(variable: str) -> str:
    """What looks otherwise than the name of a variable may be the secret itself, by mistake."""
    return variable if re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) else "that it names"


def permissions(mapping: Any) -> dict[str, str]:
    """Permission by principal.

    :param mapping: as given.
    :raises InputError: for one that doesn't exist.
    """
    found = {
        principal: permission.upper()
        for principal, permission in _mapping("permissions", mapping, "PRINCIPAL: READ").items()
    }
    wrong = [f"{who}: {what}" for who, what in found.items() if what not in secrets.PERMISSIONS]
    if wrong:
        raise InputError(
            f"permissions has {', '.join(wrong)}; there are {', '.join(secrets.PERMISSIONS)}"
        )
    return found


def _mapping(name: str, value: Any, example: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise InputError(f"{name} isn't a mapping of texts, such as '{example}'")
    return {str(key): str(one) for key, one in value.items()}
