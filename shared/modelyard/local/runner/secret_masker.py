"""Taking secrets out of a log, neither more nor less than the agent does.

The agent knows a value as it was registered, JSON-escaped, URI-escaped and with its backslashes
undone, and of the job's own secret variables also a trimmed, an escaped and a base64 form. It
doesn't mask the lines of a value one by one: a task has to register each itself.

Source: the agent's ``HostContext.cs`` (encoders) and ``Worker.cs`` (the job's own secrets); the
merging of stretches is ``SecretMasker`` of Microsoft.TeamFoundation.DistributedTask.Logging.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterator

from modelyard.local.runner.logging_commands import escape

MASK = "***"
_URL_PASSWORD = re.compile(r"//[^:/?#\n]+:([\w.~\-!$&'()*+,;=:%]+)(?=@)")
"""The agent masks passwords in addresses, whoever put them there."""
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_QUOTES = ("'", '"', "`")


class SecretMasker:
    """The secrets of one job."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()

    def add(self, value: str) -> None:
        """Mask this value from now on."""
        if value:
            self._values |= frozenset(form for form in _encoded(value) if form)

    def add_job_secret(self, value: str) -> None:
        """Mask the value of a secret that the job was given when it started."""
        if not value.strip():
            return
        encoded = base64.b64encode(value.encode()).decode()
        for text in (value, encoded):
            escaped = text.replace("\r", "%0D").replace("\n", "%0A")
            for form in (text, escape(text), escaped):
                self.add(form)
                self.add(form.strip("\r\n "))
                for quote in _QUOTES:
                    if len(form) > 1 and form.startswith(quote) and form.endswith(quote):
                        self.add(form.strip(quote))

    def mask(self, text: str) -> str:
        """The text with every stretch replaced that secrets cover."""
        stretches = sorted(self._stretches(text))
        if not stretches:
            return text
        kept, last, end = [], 0, -1
        for start, stop in stretches:
            if start > end:
                if end >= 0:
                    kept.append(MASK)
                kept.append(text[last:start])
            end = last = max(end, stop)
        return "".join([*kept, MASK, text[last:]])

    def _stretches(self, text: str) -> Iterator[tuple[int, int]]:
        for value in self._values:
            start = text.find(value)
            while start >= 0:
                yield start, start + len(value)
                start = text.find(value, start + 1)
        if "//" in text:
            for found in _URL_PASSWORD.finditer(text):
                yield found.span(1)


def _encoded(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield urllib.parse.quote(value, safe="", errors="replace")
    yield re.sub(r"\\(.)", lambda found: _CONTROLS.get(found[1], found[1]), value)
