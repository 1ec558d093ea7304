"""Inputs that are lengths of time."""

from __future__ import annotations

from modelyard.errors import InputError


def seconds(minutes: float | None, name: str) -> int | None:
    """Whole seconds of an input in minutes; None stays None.

    :raises InputError: when it isn't above zero.
    """
    if minutes is None:
        return None
    if minutes <= 0:
        raise InputError(
            f"{name} is {minutes:g}, and has to be above 0", fix="give a number of minutes"
        )
    return max(1, round(minutes * 60))


def time_out(minutes: float) -> int:
    """Whole seconds of ``timeout-minutes``.

    :raises InputError: when it isn't above zero.
    """
    return seconds(minutes, "timeout-minutes") or 0
