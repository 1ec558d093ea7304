"""The program behind AzureKeyVault: reads a vault, prints logging commands.

Source: ``Tasks/AzureKeyVaultV2`` (``KeyVault.ts``: what becomes of names and of values with several
lines).
"""

from __future__ import annotations

import json
import os
import re
import sys

from modelyard.azure.identity import clouds
from modelyard.azure.identity.connection import of_connection
from modelyard.azure.key_vault import Vaults
from modelyard.azure.key_vault.names import reference
from modelyard.ci import azure_connections
from modelyard.clock import Clock, SystemClock
from modelyard.errors import ModelyardError
from modelyard.local.runner import logging_commands


def main() -> int:
    """Read what the environment names; returns the exit code."""
    try:
        with vaults_of(os.environ["MODELYARD_VAULT_CONNECTION"], SystemClock()) as vaults:
            return show_secrets(
                vaults, os.environ["MODELYARD_VAULT"], os.environ["MODELYARD_VAULT_FILTER"]
            )
    except ModelyardError as error:
        _issue("error", str(error))
        return 1


def vaults_of(connection: str, clock: Clock) -> Vaults:
    """Key vaults, read by the service connection of this id.

    :raises InputError: when the environment has none that can be used.
    """
    found = azure_connections.read(os.environ, connection)
    principal, cloud = of_connection(found), clouds.of_connection(found.environment)
    return Vaults(lambda resource: principal.token(resource, clock=clock), clock=clock, cloud=cloud)


def show_secrets(vaults: Vaults, vault: str, wanted: str) -> int:
    """Print a variable for each secret.

    :param vault: its name or host name.
    :param wanted: names with commas between, each ``NAME`` or ``NAME/VERSION``; ``*`` for all.
    :returns: 0, or 1 where one could not be read; the others are set all the same.
    """
    # Secrets of several lines are masked here, line by line.
    _command("task.setvariable", {"variable": "SYSTEM_UNSAFEALLOWMULTILINESECRET"}, "true")
    every = wanted.strip() == "*"
    names = [one.strip() for one in wanted.split(",")]
    if every:
        names = _names(vaults, vault)
        _line(f"{len(names)} secrets are enabled")
    failed = 0
    for name in filter(None, names):
        try:
            value = vaults.read(reference(name, vault)).value
        except ModelyardError as error:
            _issue("error", f"{name}: {error}")
            failed = 1
            continue
        _set(name, value)
    return failed


def _names(vaults: Vaults, vault: str) -> list[str]:
    """The secrets that are enabled and haven't expired."""
    now = vaults.clock.time()
    return [
        one.name
        for one in vaults.list(vault)
        if one.enabled and (one.expires is None or one.expires > now)
    ]


def _set(name: str, value: str) -> None:
    """Under the name, with its version and without."""
    if not value:
        return
    if re.search(r"[\r\n]", value):
        flat = _flat(value)
        if flat is None:
            for line in re.split(r"\r\n|\r|\n", value):
                if line:
                    _command("task.setsecret", {}, line)
        else:
            _line(f"The value of {name} is JSON: it is set as a single line.")
            value = flat
    for variable in dict.fromkeys((name.split("/")[0], name)):
        _command("task.setvariable", {"variable": variable, "issecret": "true"}, value)
    _line(f"The variable {name.split('/')[0]} is set.")


def _flat(value: str) -> str | None:
    try:
        found = json.loads(value)
    except ValueError:
        return None
    if not isinstance(found, (dict, list)):
        return None
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def _issue(kind: str, text: str) -> None:
    _command("task.logissue", {"type": kind}, text)


def _command(name: str, properties: dict[str, str], data: str) -> None:
    _line(logging_commands.command(name, properties, data))


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
