"""Which secrets are asked for, and under which names: from the inputs, before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from modelyard.azure.key_vault.names import Reference, address, reference
from modelyard.errors import InputError
from modelyard.reading import nearest
from modelyard.secret_references import place

_FIELDS = ("secret", "name", "encoding", "json")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Wanted:
    """One secret that is asked for."""

    source: Reference
    name: str = ""
    """What it is called in the job, if the user says so."""
    base64: bool = False
    """Its value is base64 of bytes: a file gets the bytes."""
    flatten: bool | None = None
    """Whether JSON becomes a value for each thing in it; None: as for all."""


@dataclass(frozen=True)
class Pattern:
    """Every secret of a vault whose name fits."""

    vault: str
    glob: str


def secrets(value: Any, vault: str) -> list[Wanted]:
    """What the input ``secrets`` asks for.

    :param value: a list of names, or a mapping of a name in the job to a name in the vault; in
        place of a name also ``{secret, name, encoding, json}``.
    :param vault: whose they are where a name says no other.
    :raises InputError: one, for all that is wrong.
    """
    pairs: Iterator[tuple[str, Any]] = (
        iter(value.items()) if isinstance(value, Mapping) else (("", one) for one in value or ())
    )
    found: dict[tuple[Any, ...], Wanted] = {}
    problems = []
    for name, one in pairs:
        try:
            wanted = _wanted(str(name), one, vault)
            found.setdefault((wanted.source.key, *astuple(wanted)[1:]), wanted)
        except InputError as error:
            problems.append(error)
    if problems:
        raise InputError("\n".join(one.what for one in problems), fix=problems[0].fix)
    return list(found.values())


def patterns(lines: tuple[str, ...], vault: str) -> list[Pattern]:
    """What the input ``filter`` asks for: ``GLOB``, or ``VAULT/GLOB``.

    :raises InputError: when a line names no vault, or one that can't be.
    """
    found = []
    for line in lines:
        named, slash, glob = place(line).rpartition("/")
        if not slash and not vault:
            raise InputError(f"filter has {line}, and no vault is named", fix="set vault")
        address(named or vault)
        found.append(Pattern(named or vault, glob))
    return found


def variable(name: str, prefix: str = "") -> str:
    """What a secret is called in the job unless the user says: ``db-password``: ``DB_PASSWORD``."""
    made = prefix + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
    return f"_{made}" if made[:1].isdigit() else made


def check_prefix(prefix: str) -> None:
    """:raises InputError: for one that no variable can begin with."""
    if prefix and not re.fullmatch("[A-Za-z0-9_]+", prefix):
        raise InputError(f"prefix is {prefix!r}; a variable has letters, digits and _")


def _wanted(name: str, one: Any, vault: str) -> Wanted:
    fields = dict(one) if isinstance(one, Mapping) else {"secret": one}
    if unknown := [field for field in fields if field not in _FIELDS]:
        raise InputError(
            f"secrets has {unknown[0]}{nearest(str(unknown[0]), _FIELDS)}",
            fix=f"write what is known here: {', '.join(_FIELDS)}",
        )
    text = fields.get("secret")
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            "secrets has something that is no name",
            fix="write a list of names, or a mapping of names in the job to names in the vault",
        )
    name = str(fields.get("name") or name)
    if name and not _VARIABLE.fullmatch(name):
        raise InputError(
            f"{name!r} can't name a variable",
            fix="take letters, digits and _, and no digit at the beginning",
        )
    return Wanted(
        _reference(place(text), vault),
        name,
        _choice(fields, "encoding", {"text": False, "base64": True}) or False,
        _choice(fields, "json", {"keep": False, "flatten": True}),
    )


def _reference(text: str, vault: str) -> Reference:
    """``NAME``, ``VAULT/NAME``, or either with ``/VERSION``."""
    first, *rest = text.split("/")
    of_the_vault = not rest or (len(rest) == 1 and re.fullmatch("[0-9a-fA-F]{32}", rest[0]))
    if not of_the_vault:
        return reference(text)
    if not vault:
        raise InputError(
            f"no vault is named for the secret {first}", fix="set vault, or write VAULT/NAME"
        )
    return reference(text, vault)


def _choice(fields: Mapping[str, Any], name: str, choices: Mapping[str, bool]) -> bool | None:
    if name not in fields:
        return None
    value = fields[name]
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name} is {value!r}, not one of {', '.join(choices)}")
    return choices[value]
