"""Keeping secrets out of what a run prints, as Databricks does: each becomes ``[REDACTED]``.

Databricks replaces the literal value. Here also the forms in which it leaves by accident: each
line of a value with several, its base64, JSON, URL and ``repr`` forms. What a notebook disguises
on purpose (reversed, split by blanks) isn't recognised, there or here.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

REPLACEMENT = "[REDACTED]"
SHORTEST = 4
"""Shorter values aren't redacted: that would destroy the output and tell the value by its gaps."""

_SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
# Only web addresses: in abfss://container@account the first part is no secret.
_URL_CREDENTIAL = re.compile(r"(https?://)([^/\s@\"']+)@")


def forms(value: str) -> set[str]:
    """Every form of ``value`` that is redacted; empty when it is too short."""
    if len(value.strip()) < SHORTEST:
        return set()
    found = {value, value.strip(), base64.b64encode(value.encode()).decode()}
    found |= {json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe=""), quote_plus(value)}
    found |= {line for line in map(str.strip, value.splitlines()) if len(line) >= SHORTEST}
    return found


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Values of variables that hold a secret by their name, and credentials inside URLs."""
    found = [value for name, value in environment.items() if _SECRET_NAME.search(name)]
    for value in environment.values():
        for _, credential in _URL_CREDENTIAL.findall(value):
            found += [credential, credential.partition(":")[2]]
    return found


def without_url_credentials(text: str) -> str:
    """``text`` with ``user:password@`` of every URL in it replaced."""
    return _URL_CREDENTIAL.sub(r"\1****@", text)


class Redactor:
    """The secrets of one run. Thread-safe; secrets can be added at any time."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()
        self.longest = 0
        """Length of the longest form."""
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Redact these from now on."""
        with self._lock:
            for value in values:
                self._forms |= forms(value)
            if self._forms:
                ordered = sorted(self._forms, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, ordered)))
                self.longest = len(ordered[0])

    def text(self, text: str) -> str:
        """``text`` with every secret replaced."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(REPLACEMENT, text)
