"""What CHANGELOG.md says about a version (keepachangelog.com, 1.1.0)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

HEADING = re.compile(r"^## \[?(?P<name>[^\]\s]+)\]?(?: - (?P<date>\S+))?\s*$", re.MULTILINE)
UNRELEASED = "Unreleased"


def problems(text: str, version: str, today: datetime.date) -> Iterator[str]:
    """What keeps it from being the log of this release.

    :param version: ``1.2.3``.
    :param today: no release is dated later.
    """
    found = {one["name"]: one for one in HEADING.finditer(text)}
    wanted = f"## {version} - {today.isoformat()}"
    if version not in found:
        yield f"CHANGELOG.md has no section {version}: add the line `{wanted}`"
    else:
        yield from _dated(found[version], wanted, today)
        if not _entries(text, found[version]):
            yield f"CHANGELOG.md says nothing under {version}"
    if UNRELEASED in found and _entries(text, found[UNRELEASED]):
        yield f"CHANGELOG.md has entries under {UNRELEASED} that {version} holds: move them there"


def _dated(heading: re.Match[str], wanted: str, today: datetime.date) -> Iterator[str]:
    try:
        date = datetime.date.fromisoformat(heading["date"] or "")
    except ValueError:
        yield f"CHANGELOG.md: `{heading[0].strip()}` has no date: write `{wanted}`"
        return
    if date > today:
        yield f"CHANGELOG.md: `{heading[0].strip()}` is dated after today"


def _entries(text: str, heading: re.Match[str]) -> list[str]:
    """The entries between a heading and the next of its rank."""
    rest = text[heading.end() :]
    following = re.search(r"^## ", rest, re.MULTILINE)
    return re.findall(r"^[-*] \S", rest[: following.start()] if following else rest, re.MULTILINE)
