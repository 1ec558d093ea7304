"""Moments as Azure writes them."""

from __future__ import annotations

import datetime


def stamp(seconds: float) -> str:
    """Seconds since the epoch -> ``2026-01-31T12:00:00.000000Z``."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
