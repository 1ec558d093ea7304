"""Secrets among the inputs: where they come from.

A secret is given as it is, by an environment variable, or as ``keyvault://VAULT/NAME``, also in
such a variable: then it is read from the key vault. So the same pipeline runs with a variable here
and a vault there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.azure.key_vault.names import of_value
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.masking import too_short
from modelyard.operation import Member, members
from modelyard.operations.inputs.identity_inputs import IdentityInputs
from modelyard.operations.inputs.mappings import TEXTS, mapping_of
from modelyard.operations.inputs.vault_inputs import vaults
from modelyard.operations.vaults.fetching import fetch
from modelyard.operations.vaults.masks import mask, warn_of_short
from modelyard.operations.vaults.wanted import Wanted
from modelyard.parallel import MOST
from modelyard.reading import defined
from modelyard.secret_references import is_reference

Json = Any
SIGNING_IN = tuple(one.name for one in members(IdentityInputs) if one.spec.secret)
"""The secrets that a vault can't hold, since nobody could read it without them."""


def looked_up(inputs: Any, context: Context) -> Any:
    """The inputs with every reference among their secrets replaced by the secret; masked.

    :raises InputError: when a reference can't be one, or nobody can sign in.
    :raises ServiceError: one for all that can't be read.
    """
    own = {one.name: getattr(inputs, one.name) for one in _secret_members(inputs)}
    for name in SIGNING_IN:
        if is_reference(str(own.get(name) or "")):
            raise InputError(
                f"{name.replace('_', '-')} is in a key vault itself, which it is needed to read",
                fix="give the secret by its environment variable, or sign in without one",
            )
    values = read(list(_references(own)), inputs, context)
    found = {name: _replaced(value, values) for name, value in own.items()}
    return dataclasses.replace(inputs, **found)


def read(references: Sequence[str], inputs: Any, context: Context) -> dict[str, str]:
    """The secret of each reference, masked.

    :param inputs: of the operation: they say who signs in.
    :raises ServiceError: one for all that can't be read or used.
    """
    if not references:
        return {}
    wanted = {text: Wanted(of_value(text)) for text in dict.fromkeys(references)}
    with vaults(inputs, context) as reader:
        fetched = fetch(reader, list(wanted.values()), context, parallel=MOST)
    mask(fetched, context)
    for one in fetched:
        context.log.info("read from the key vault: %s", one.wanted.source)
    return {text: one.secret.value for text, one in zip(wanted, fetched, strict=True)}


def _secret_members(inputs: Any) -> list[Member]:
    return [one for one in members(type(inputs)) if one.spec.secret]


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _references(one)
    elif isinstance(value, str) and is_reference(value):
        yield value


def _replaced(value: Json, values: Mapping[str, str]) -> Json:
    if isinstance(value, Mapping):
        return {key: _replaced(one, values) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_replaced(one, values) for one in value)
    return values.get(value, value) if isinstance(value, str) else value


def values(name: str, mapping: Any, inputs: Any, context: Context) -> dict[str, str]:
    """The secrets that a mapping names, by its keys; masked.

    :param name: of the input that has the mapping.
    :param mapping: as given: of a key to the name of an environment variable, or to a reference.
    :raises InputError: one for all keys and variables that aren't usable.
    """
    named = mapping_of(name, mapping, example="KEY: NAME_OF_A_VARIABLE", kinds=TEXTS)
    given = {
        key: one if is_reference(one) else context.environment.get(one, "")
        for key, one in named.items()
    }
    from_vaults = read([one for one in given.values() if is_reference(one)], inputs, context)
    found: dict[str, str] = {}
    problems: list[str] = []
    unset = ""
    for key, variable in named.items():
        value = from_vaults.get(given[key], given[key])
        if not value.strip():
            unset = unset or _named(variable)
            problems.append(
                f"{key}: the environment variable {_named(variable)} isn't set, or empty"
            )
        elif (problem := _undefined(variable, value)) is not None:
            problems.append(f"{key}: {problem}")
        else:
            context.ci.mask(value)
            found[key] = value
    if problems:
        raise InputError(
            "\n".join(problems),
            fix=f"map each variable in the env of the step, for example {_example(unset)}, or set "
            "it in the terminal",
        )
    # Those of a vault have been told of as they were read.
    warn_of_short(
        (key for key, value in found.items() if given[key] not in from_vaults and too_short(value)),
        context,
    )
    return found


def _undefined(variable: str, value: str) -> str | None:
    try:
        defined(_named(variable), value)
    except InputError as error:
        return error.what
    return None


def _example(variable: str) -> str:
    """Of a mapping, with the name of the reader's own variable where one is known."""
    name = variable if variable.isupper() else "CLIENT_SECRET"
    return f"'env: {name}: $({name.lower().replace('_', '-')})'"


def _named(variable: str) -> str:
    """What looks otherwise than the name of a variable may be the secret itself, by mistake."""
    return variable if re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) else "that it names"
