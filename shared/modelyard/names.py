"""Names in the log: bounded in number, and unable to command the agent.

Names come from repositories and workspaces. Azure Pipelines obeys ``##vso[...]`` anywhere in a
line, and a control character could begin a new one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

log = logging.getLogger(__name__)

MOST = 20
"""Names shown of a list; the rest is counted."""


def shown(name: str) -> str:
    """A name as it may stand in a line of the log."""
    plain = "".join(one if one.isprintable() else repr(one)[1:-1] for one in name)
    return plain.replace("##", "# #")


def listed(verb: str, names: Iterable[str], most: int = MOST) -> None:
    """Log names with what happened to them, one a line."""
    names = sorted(names)
    for name in names[:most]:
        log.info("  %s %s", verb, shown(name))
    if len(names) > most:
        log.info("  %s %d more", verb, len(names) - most)


def joined(names: Sequence[str], most: int = 5) -> str:
    """Names within a sentence: ``a, b and 7 more``."""
    head = ", ".join(names[:most])
    return head if len(names) <= most else f"{head} and {len(names) - most} more"


def counted(**counts: int) -> str:
    """``3 imported, 1 unchanged``: what isn't there isn't mentioned."""
    parts = [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size_text(size: float) -> str:
    """``12 bytes``, ``3.4 MB``: decimal units, as storage is sold."""
    if size < 1000:
        return f"{int(size)} bytes"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"
