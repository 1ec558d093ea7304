"""A clock that can be set forward."""

from __future__ import annotations

import time

import pytest

from modelyard.local.cloud.shifted_clock import ShiftedClock


def test_time_passes_on_demand() -> None:
    clock = ShiftedClock()
    assert abs(clock.time() - time.time()) < 5
    before = clock.monotonic()
    clock.advance(3600)
    clock.advance(60)
    assert 3660 <= clock.monotonic() - before < 3665
    assert abs(clock.time() - time.time() - 3660) < 5


def test_time_never_goes_back() -> None:
    with pytest.raises(ValueError, match="forward only"):
        ShiftedClock().advance(-1)
