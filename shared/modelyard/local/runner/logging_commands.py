"""Logging commands as the agent reads them: ``##vso[area.event name=value;...]data``.

Source: the agent's ``Command.cs`` and ``CommandStringConvertor.cs``. The command may stand
anywhere in a line; only the prefix is compared with regard to case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIX = "##vso["
KEYWORD = "##vso"
_ESCAPES = ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"))
_PERCENT = "%AZP25"


@dataclass(frozen=True)
class Command:
    """One command."""

    area: str
    event: str
    properties: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case: names are compared without regard to it."""
    data: str = ""

    @property
    def name(self) -> str:
        """``task.setvariable``, in lower case."""
        return f"{self.area}.{self.event}".lower()

    def flag(self, name: str) -> bool:
        """Whether a property is ``true``, in any case."""
        return self.properties.get(name, "").strip().lower() == "true"


def parse(line: str, *, decode_percents: bool = True) -> Command | None:
    """The command in this line, or None where it is plain text.

    :param decode_percents: the job's variable ``DECODE_PERCENTS``, which is on by default.
    """
    start = _find(line)
    end = line.find("]", start) if start >= 0 else -1
    if start < 0 or end < 0:
        return None
    name, space, rest = line[start + len(PREFIX) : end].partition(" ")
    parts = [part for part in name.split(".") if part]
    if len(parts) != 2:
        return None
    properties = {}
    for part in rest.split(";") if space and name else ():
        # Split as .NET does: empty pieces are left out, so a value never begins with ``=``.
        key, _, value = part.lstrip("=").partition("=")
        if key and (value := value.lstrip("=")):
            properties[key.lower()] = unescape(value, decode_percents=decode_percents)
    data = unescape(line[end + 1 :], decode_percents=decode_percents)
    return Command(parts[0], parts[1], properties, data)


def command(name: str, properties: Mapping[str, str] | None = None, data: str = "") -> str:
    """The line that gives a command.

    :param name: ``task.setvariable``.
    """
    told = ";".join(f"{key}={escape(value)}" for key, value in (properties or {}).items())
    return f"##vso[{name}{' ' if told else ''}{told}]{escape(data)}"


def unescape(text: str, *, decode_percents: bool = True) -> str:
    """The value that was escaped."""
    for token, escaped in _ESCAPES:
        text = text.replace(escaped, token)
    return text.replace(_PERCENT, "%") if decode_percents else text


def escape(text: str) -> str:
    """The value as it may stand in a command."""
    text = text.replace("%", _PERCENT)
    for token, escaped in _ESCAPES:
        text = text.replace(token, escaped)
    return text


def _find(line: str) -> int:
    """Where the prefix begins. .NET compares as languages do, and so overlooks characters that
    can't be seen: a command may have them between its letters."""
    if "#" not in line or (line.isascii() and line.isprintable()):
        return line.find(PREFIX)
    visible = [place for place, one in enumerate(line) if not _is_overlooked(one)]
    found = "".join(line[place] for place in visible).find(PREFIX)
    return visible[found] if found >= 0 else -1


def _is_overlooked(one: str) -> bool:
    return unicodedata.category(one) in ("Cf", "Cc") or one in "\u034f\ufe00\ufe0f\u3164"
