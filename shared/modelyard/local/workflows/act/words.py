"""What act says of a workflow that it doesn't take, told with the user's own words.

It counts lines of the copy, which the user never sees: the text of the line is told instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLACE = re.compile(r"\bLine: (\d+) Column:? \d+|\bline (\d+)(?=:)")
_ADVICE = ("For more information", "Actions YAML Schema Validation Error")
_MOST = 12
"""Lines that are told."""


def explained(said: Sequence[str], name: str, copy: str) -> str:
    """The message.

    :param name: of the copy's file, as act says it.
    :param copy: its text.
    """
    kept = [one for text in said for one in text.splitlines() if not one.startswith(_ADVICE)]
    text = "\n".join(kept[:_MOST])
    if f"'{name}'" not in text:
        return text
    lines = copy.splitlines()

    def quoted(found: re.Match[str]) -> str:
        number = int(found[1] or found[2])
        return f"`{lines[number - 1].strip()}`" if 0 < number <= len(lines) else found[0]

    return _PLACE.sub(quoted, text.replace(f"'{name}': ", ""))
