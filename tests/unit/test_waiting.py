from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.clock import FakeClock
from modelyard.errors import RunFailed, WaitTimeout
from modelyard.waiting import Observation, Pace, duration, wait


def states(names: Iterable[str], last: str = "DONE") -> Callable[[], Observation[str]]:
    """A probe that sees these states, then the last one for ever."""
    coming = iter(names)

    def probe() -> Observation[str]:
        name = next(coming, last)
        return Observation(name, name == "DONE", f"value of {name}")

    return probe


def test_it_returns_the_value_of_the_state_that_ends_it(clock: FakeClock) -> None:
    probe = states(["PENDING", "RUNNING"])

    assert wait("run 1", probe, clock=clock, timeout=600) == "value of DONE"


def test_what_is_done_already_is_not_waited_for(clock: FakeClock) -> None:
    wait("run 1", states([]), clock=clock, timeout=0)

    assert clock.slept == []


def test_each_change_of_state_is_shown_once(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    probe = states(["PENDING", "PENDING", "PENDING", "RUNNING", "RUNNING"])
    wait("cluster ml", probe, clock=clock, timeout=600, pace=Pace(10, 1, 10))

    assert caplog.messages == [
        "cluster ml PENDING after 0.0 s",
        "cluster ml RUNNING after 30 s",
        "cluster ml DONE after 50 s",
    ]


def test_a_new_detail_is_a_change(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    seen = iter(
        [
            Observation("PENDING", False, None, "finding instances"),
            Observation("PENDING", False, None, "starting Spark"),
            Observation("RUNNING", True, None),
        ]
    )
    wait("cluster ml", lambda: next(seen), clock=clock, timeout=60, pace=Pace(1, 1, 1))

    assert caplog.messages == [
        "cluster ml PENDING after 0.0 s (finding instances)",
        "cluster ml PENDING after 1.0 s (starting Spark)",
        "cluster ml RUNNING after 2.0 s",
    ]


def test_time_out_names_the_last_state(clock: FakeClock) -> None:
    start = clock.monotonic()
    with pytest.raises(WaitTimeout, match=r"cluster ml is still PENDING after 2 m 00 s") as caught:
        wait("cluster ml", states([], last="PENDING"), clock=clock, timeout=120)

    assert clock.monotonic() - start == pytest.approx(120)
    assert "timeout-minutes" in caught.value.fix


def test_it_looks_once_more_when_the_time_is_up(clock: FakeClock) -> None:
    """A state reached during the last pause isn't missed."""
    end = clock.monotonic() + 100

    def probe() -> Observation[str]:
        done = clock.monotonic() >= end - 0.001
        return Observation("DONE" if done else "RUNNING", done, "value")

    assert wait("run", probe, clock=clock, timeout=100) == "value"


def test_what_the_probe_raises_ends_the_wait(clock: FakeClock) -> None:
    def probe() -> Observation[None]:
        raise RunFailed("it raised")

    with pytest.raises(RunFailed, match="it raised"):
        wait("run", probe, clock=clock, timeout=100)


@given(
    first=st.floats(0.1, 5),
    factor=st.floats(1, 3),
    most=st.floats(5, 60),
    timeout=st.floats(1, 5000),
)
def test_pauses_grow_to_their_limit_and_end_in_time(
    first: float, factor: float, most: float, timeout: float
) -> None:
    clock = FakeClock(0.0)
    with pytest.raises(WaitTimeout):
        wait(
            "run",
            states([], last="RUNNING"),
            clock=clock,
            timeout=timeout,
            pace=Pace(first, factor, most),
        )

    assert clock.monotonic() == pytest.approx(timeout)
    assert all(0 <= pause <= most for pause in clock.slept)
    assert all(one <= other * 1.000001 for one, other in pairwise(clock.slept[:-1]))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"), (3.14, "3.1 s"), (45, "45 s"), (59.9, "59 s"), (60, "1 m 00 s"),
        (134, "2 m 14 s"), (3599, "59 m 59 s"), (3780, "1 h 03 m"), (90_000, "25 h 00 m"),
    ],
)  # fmt: skip
def test_durations_are_short_to_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text
