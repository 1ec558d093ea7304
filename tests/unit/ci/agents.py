"""How the two agents read what a step prints, written down from their sources.

Azure Pipelines: ``ProcessInvoker`` (lines), ``Command.TryParse`` and ``CommandStringConvertor`` of
microsoft/azure-pipelines-agent. GitHub: ``ActionCommand.TryParseV2``, ``TryParse`` and
``EnvFileKeyValuePairs`` of actions/runner.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

AZURE_AREAS = frozenset(
    {"task", "artifact", "build", "release", "results", "codecoverage", "telemetry"}
)
GITHUB_COMMANDS = frozenset(
    {
        "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group",
        "notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands",
        "warning", "internal-set-repo-path",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Command:
    """One command as an agent understands it."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    data: str = ""


def lines(output: str) -> list[str]:
    """What .NET's ReadLine makes of the output: ``\\r``, ``\\n`` and ``\\r\\n`` end a line."""
    return re.split("\r\n|\r|\n", output)


def azure_commands(output: str) -> list[Command]:
    """Every logging command in the output of a step."""
    return [found for line in lines(output) if (found := azure_command(line)) is not None]


def azure_command(line: str) -> Command | None:
    """``Command.TryParse``: the prefix may stand anywhere in the line."""
    start = _find(line, "##vso[")
    end = line.find("]", start) if start >= 0 else -1
    if start < 0 or end < 0:
        return None
    name, _, rest = line[start + len("##vso[") : end].partition(" ")
    parts = [part for part in name.split(".") if part]
    if len(parts) != 2 or parts[0].lower() not in AZURE_AREAS:
        return None
    return Command(
        name, _properties(rest, ";", _azure_unescaped), _azure_unescaped(line[end + 1 :])
    )


def azure_formats(output: str) -> list[str]:
    """Names of formatting commands (``##[error]``), which colour and fold the log."""
    return [name for line in lines(output) for name in re.findall(r"##\[([a-z]+)", line, re.I)]


def github_commands(output: str) -> list[Command]:
    """Every workflow command in the output of a step."""
    return [found for line in lines(output) if (found := github_command(line)) is not None]


def github_command(line: str) -> Command | None:
    """``TryParseV2``, else ``TryParse``; both compare commands without regard to case."""
    return _github_new(line) or _github_old(line)


def github_file(text: str) -> dict[str, str]:
    """GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE; only ``\\n`` ends a line (not on Windows)."""
    entries: dict[str, str] = {}
    rest = text.split("\n")
    while rest:
        line = rest.pop(0)
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, entries[name] = line.partition("=")
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            assert name, "a name must not be empty"
            assert delimiter, "a delimiter must not be empty"
            end = rest.index(delimiter)  # ValueError: matching delimiter not found
            entries[name] = "\n".join(rest[:end])
            rest = rest[end + 1 :]
        else:
            raise AssertionError(f"invalid format {line!r}")
    return entries


def _github_new(line: str) -> Command | None:
    stripped = line.lstrip()
    if not _starts(stripped, "::"):
        return None
    end = stripped.find("::", 2)
    if end < 0:
        return None
    name, _, rest = stripped[2:end].partition(" ")
    if name.lower() not in GITHUB_COMMANDS:
        return None
    properties = _properties(rest.strip(), ",", _github_property_unescaped)
    return Command(name, properties, _github_unescaped(stripped[end + 2 :]))


def _github_old(line: str) -> Command | None:
    start = _find(line, "##[")
    end = line.find("]", start) if start >= 0 else -1
    if start < 0 or end < 0:
        return None
    name, _, rest = line[start + len("##[") : end].partition(" ")
    if name.lower() not in GITHUB_COMMANDS:
        return None
    return Command(name, _properties(rest, ";", str), line[end + 1 :])


def _find(text: str, prefix: str) -> int:
    """Where .NET's culture-sensitive IndexOf finds it: also with invisible characters inside."""
    visible = [(place, one) for place, one in enumerate(text) if not _ignored(one)]
    found = "".join(one for _, one in visible).find(prefix)
    return visible[found][0] if found >= 0 else -1


def _starts(text: str, prefix: str) -> bool:
    """.NET's culture-sensitive StartsWith overlooks the same characters."""
    return "".join(one for one in text if not _ignored(one)).startswith(prefix)


def _ignored(one: str) -> bool:
    return unicodedata.category(one) in ("Cf", "Cc") or one in "\u034f\ufe00\ufe0f\u3164"


def _properties(text: str, separator: str, unescaped: object) -> dict[str, str]:
    assert callable(unescaped)
    pairs = (part.partition("=") for part in text.split(separator) if part)
    return {name.lower(): unescaped(value) for name, _, value in pairs if name and value}


def _azure_unescaped(text: str) -> str:
    first = ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"))
    for token, escape in (*first, ("%", "%AZP25")):
        text = text.replace(escape, token)
    return text


def _github_unescaped(text: str) -> str:
    for token, escape in (("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
        text = text.replace(escape, token)
    return text


def _github_property_unescaped(text: str) -> str:
    for token, escape in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escape, token)
    return text
