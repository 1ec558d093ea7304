"""Moments as the services write them."""

from __future__ import annotations

import datetime


def stamp(seconds: float, precision: str = "microseconds") -> str:
    """Seconds since the epoch -> ``2026-01-31T12:00:00.000000Z``.

    :param precision: ``seconds`` leaves out what follows them, ``auto`` only where it is nought.
    """
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
