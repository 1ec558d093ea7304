"""The program behind AzureKeyVault: reads a vault, prints logging commands.

Source: ``Tasks/AzureKeyVaultV2`` (``KeyVault.ts``: what becomes of names and of values with several
lines); learn.microsoft.com, Key Vault REST reference, ``Get Secrets`` and ``Get Secret``.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote

from modelyard.azure.identity import of_connection
from modelyard.ci import azure_connections
from modelyard.clock import Clock, SystemClock
from modelyard.errors import ModelyardError
from modelyard.http import Session
from modelyard.local.runner import logging_commands

API_VERSION = "7.4"
RESOURCE = "https://vault.azure.net"


def main() -> int:
    """Read what the environment names; returns the exit code."""
    clock = SystemClock()
    try:
        connection = azure_connections.read(os.environ, os.environ["MODELYARD_VAULT_CONNECTION"])
        session = Session(
            os.environ["MODELYARD_VAULT_URL"],
            clock=clock,
            credential=of_connection(connection).token(RESOURCE, clock=clock),
        )
        return show_secrets(session, os.environ["MODELYARD_VAULT_FILTER"])
    except ModelyardError as error:
        _issue("error", str(error))
        return 1


def show_secrets(session: Session, wanted: str) -> int:
    """Print a variable for each secret.

    :param wanted: names with commas between, each ``NAME`` or ``NAME/VERSION``; ``*`` for all.
    :returns: 0, or 1 where one could not be read; the others are set all the same.
    """
    # Secrets of several lines are masked here, line by line.
    _command("task.setvariable", {"variable": "SYSTEM_UNSAFEALLOWMULTILINESECRET"}, "true")
    every = wanted.strip() == "*"
    names = list(_names(session)) if every else [one.strip() for one in wanted.split(",")]
    if every:
        _line(f"{len(names)} secrets are enabled")
    failed = 0
    for name in filter(None, names):
        try:
            path = "/".join(quote(part, safe="") for part in name.split("/"))
            answer = session.get(f"/secrets/{path}", {"api-version": API_VERSION})
        except ModelyardError as error:
            _issue("error", f"{name}: {error}")
            failed = 1
            continue
        _set(name, str(answer.get("value", "")))
    return failed


def _names(session: Session) -> Iterator[str]:
    """The secrets that are enabled and haven't expired."""
    page = session.get("/secrets", {"api-version": API_VERSION, "maxresults": "25"})
    while True:
        for one in page.get("value", ()):
            if _is_usable(one.get("attributes") or {}, session.clock):
                yield str(one["id"]).rstrip("/").rpartition("/")[2]
        if not page.get("nextLink"):
            return
        page = session.get(str(page["nextLink"]))


def _is_usable(attributes: dict[str, object], clock: Clock) -> bool:
    expires = attributes.get("exp")
    expired = isinstance(expires, (int, float)) and expires <= clock.time()
    return bool(attributes.get("enabled")) and not expired


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
