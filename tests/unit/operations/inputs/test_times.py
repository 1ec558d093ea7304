"""Inputs that are lengths of time."""

from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.operations.inputs import times


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(None, None), (0.001, 1), (0.5, 30), (1, 60), (35791394, 2147483640)]
)
def test_minutes_are_whole_seconds_and_at_least_one(
    minutes: float | None, seconds: int | None
) -> None:
    assert times.seconds(minutes, "timeout-minutes") == seconds


@pytest.mark.parametrize("minutes", [0, -1.0, 35791395, 1e308, float("nan")])
def test_what_nobody_can_wait_for_is_refused(minutes: float) -> None:
    with pytest.raises(InputError, match=r"timeout-minutes is .* above 0 and up to 35791394"):
        times.time_out(minutes)
