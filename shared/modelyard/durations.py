"""Lengths of time as the APIs of Azure write them, such as ``PT2M``.

Source: ISO 8601, "Durations", without years, months and weeks.
"""

from __future__ import annotations

import re

_PATTERN = re.compile(
    r"P(?=\d|T\d)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)
_UNITS = (86400, 3600, 60, 1)


def seconds_of(value: object) -> float | None:
    """How long it says: 120 for ``PT2M`` and ``PT120S``; None when it says no length of time."""
    match = _PATTERN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return sum(float(one or 0) * unit for one, unit in zip(match.groups(), _UNITS, strict=True))


def text_of(seconds: int) -> str:
    """The short form, as the services give it back: ``PT2M`` for 120."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    days = f"{day}D" if day else ""
    parts = ((hour, "H"), (minute, "M"), (second, "S"))
    times = "".join(f"{one}{unit}" for one, unit in parts if one)
    return f"P{days}{'T' if times else ''}{times}" if days or times else "PT0S"
