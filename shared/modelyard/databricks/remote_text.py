"""Text that remote code wrote, made fit to be shown: no colours, no control characters.

Logging commands of a CI system are broken elsewhere (``Context.show_remote``, ``annotate``); this
is about terminals and about reading.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|\x1b[PX^_].*?\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]",  # two-character escapes
    re.DOTALL,
)
# \x9b opens a CSI too in eight-bit terminals; the others print wrongly or hide what follows.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text with ``\\n`` line ends and tabs, and no other control character."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)


def one_line(text: str, most: int = 300) -> str:
    """The text in one line, cut to ``most`` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 4] + " ..."
