"""The end of a log, for a message."""

from __future__ import annotations


def indented(text: str, lines: int = 40) -> str:
    """The last lines of a log, for a message."""
    shown = [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in shown) or "    (it printed nothing)"
