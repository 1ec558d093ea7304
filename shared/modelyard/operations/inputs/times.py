"""Inputs that are lengths of time."""

from __future__ import annotations

from modelyard.errors import InputError

MOST_SECONDS = 2**31 - 1
"""What Databricks takes for a run, and every clock can wait: 68 years."""


def seconds(minutes: float | None, name: str) -> int | None:
    """Whole seconds of an input in minutes; None stays None.

    :raises InputError: when it isn't above zero, or too much to wait.
    """
    if minutes is None:
        return None
    most = MOST_SECONDS // 60
    if not 0 < minutes <= most:
        raise InputError(
            f"{name} is {minutes:g}, and has to be above 0 and up to {most}",
            fix="give a number of minutes",
        )
    return max(1, round(minutes * 60))


def time_out(minutes: float) -> int:
    """Whole seconds of ``timeout-minutes``.

    :raises InputError: as :func:`seconds` does.
    """
    return seconds(minutes, "timeout-minutes") or 0
