"""The secrets that are asked for, by name or by what their names are like."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelyard.azure.key_vault import Secret, Vaults
from modelyard.azure.key_vault.names import Reference
from modelyard.azure.key_vault.reading import read_usable
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operations.vaults.wanted import Pattern, Wanted


@dataclass(frozen=True)
class Fetched:
    """A secret that was asked for, read."""

    wanted: Wanted
    secret: Secret


def fitting(vaults: Vaults, patterns: Iterable[Pattern], context: Context) -> list[Wanted]:
    """The secrets whose names fit. What is disabled, expired or not valid yet is left out, and
    said.

    :raises InputError: when nothing fits a pattern: it is misspelt, most likely.
    :raises ServiceError: when a vault can't be listed.
    """
    found: dict[tuple[str, str, str], Wanted] = {}
    now = context.clock.time()
    for pattern in patterns:
        listed = [
            one
            for one in vaults.list(pattern.vault)
            if fnmatch.fnmatchcase(one.name.lower(), pattern.glob.lower())
        ]
        if not listed:
            raise InputError(
                f"no secret of the key vault {pattern.vault} fits {pattern.glob}",
                fix="compare filter with the names of the vault: az keyvault secret list",
            )
        for one in listed:
            if why := one.unusable(now):
                context.log.info("%s/%s: left out, %s", pattern.vault, one.name, why)
                continue
            source = Reference(pattern.vault, one.name)
            found.setdefault(source.key, Wanted(source))
    return list(found.values())


def fetch(
    vaults: Vaults, wanted: Sequence[Wanted], context: Context, *, parallel: int
) -> list[Fetched]:
    """All of them, in their order.

    :raises ServiceError: one for all that can't be read or used; nothing is of use to anybody then.
    """

    def warn(text: str) -> None:
        context.annotate("warning", text)

    found = read_usable(vaults, [one.source for one in wanted], warn=warn, parallel=parallel)
    return [Fetched(one, secret) for one, secret in zip(wanted, found, strict=True)]
