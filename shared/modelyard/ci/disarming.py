"""Remote output is untrusted: a notebook that prints a logging command may not command the agent.

Azure Pipelines obeys ``##vso[...]`` and ``##[...]`` anywhere in a line, GitHub ``::name::`` at
the start of one and ``##[...]`` anywhere. A space breaks each of them and stays readable.

Source: the parsers of both agents: ``Command.TryParse``; ``ActionCommand.TryParse`` and
``TryParseV2``.
"""

from __future__ import annotations

import re

# All but tab, line ends (splitlines takes them) and colours: they move cursors, retitle windows.
_CONTROLS = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_HASHES = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
# GitHub's runner compares as the machine's language does, and that overlooks invisible characters.
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
_COLONS = re.compile(rf"^([\s{_INVISIBLE}]*):(?=[{_INVISIBLE}]*:)")


def disarm(text: str) -> str:
    """The text with every logging command broken, and every kind of line end made ``\\n``.

    Doing it twice changes nothing more. Control characters that aren't colours are taken out.
    """
    return "\n".join(_disarmed(line) for line in text.splitlines())


def _disarmed(line: str) -> str:
    line = _CONTROLS.sub("", line)  # first: without them a command may stand there
    return _COLONS.sub(r"\1: ", _HASHES.sub("# ", line))
