"""Lengths of time, read in any of their forms and written in the short one."""

from __future__ import annotations

import pytest

from modelyard.durations import seconds_of, text_of


@pytest.mark.parametrize(
    ("text", "seconds", "short"),
    [
        ("PT120S", 120, "PT2M"),
        ("PT2M", 120, "PT2M"),
        ("PT0S", 0, "PT0S"),
        ("PT1H30M", 5400, "PT1H30M"),
        ("P1DT1S", 86401, "P1DT1S"),
        ("PT1440M", 86400, "P1D"),
    ],
)
def test_a_length_of_time(text: str, seconds: int, short: str) -> None:
    assert seconds_of(text) == seconds
    assert text_of(seconds) == short


@pytest.mark.parametrize("text", ["", "P", "PT", "120", "STANDARD_DS3_V2", "PT2M ", None, 120])
def test_what_is_no_length_of_time(text: object) -> None:
    assert seconds_of(text) is None
