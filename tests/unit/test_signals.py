from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.errors import Cancelled
from modelyard.signals import SIGNALS, Signals
from modelyard.waiting import Observation, wait


def raise_signal(number: int = signal.SIGINT) -> None:
    signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_becomes_an_exception(number: int) -> None:
    with pytest.raises(Cancelled) as caught, Signals().installed():
        raise_signal(number)

    assert caught.value.signal_number == number


def test_what_handled_signals_before_does_so_again() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Signals().installed():
        assert [signal.getsignal(number) for number in SIGNALS] != before

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_the_handlers_are_put_back_after_a_cancellation() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(Cancelled), Signals().installed():
        raise_signal()

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_shield_holds_the_signal_until_its_block_is_done() -> None:
    signals, steps = Signals(), []
    with pytest.raises(Cancelled), signals.installed():
        with signals.shield():
            raise_signal()
            steps.append("submitted")
        steps.append("never")

    assert steps == ["submitted"]


def test_the_outermost_shield_counts() -> None:
    signals, steps = Signals(), []
    with pytest.raises(Cancelled), signals.installed(), signals.shield():
        with signals.shield():
            raise_signal()
        steps.append("still shielded")

    assert steps == ["still shielded"]


def test_the_first_of_several_held_signals_counts() -> None:
    signals = Signals()
    with pytest.raises(Cancelled) as caught, signals.installed(), signals.shield():
        raise_signal(signal.SIGTERM)
        raise_signal(signal.SIGINT)

    assert caught.value.signal_number == signal.SIGTERM


def test_a_shield_without_a_signal_does_nothing() -> None:
    signals = Signals()
    with signals.installed(), signals.shield():
        pass
    with signals.shield():  # nor when nothing is installed
        pass


def test_an_error_under_the_shield_gives_way_to_the_signal() -> None:
    signals = Signals()
    with pytest.raises(Cancelled) as caught, signals.installed(), signals.shield():
        raise_signal()
        raise ValueError("the submit failed")

    assert isinstance(caught.value.__context__, ValueError)


def test_further_signals_do_not_break_the_clean_up() -> None:
    signals, steps = Signals(), []
    with signals.installed():
        try:
            raise_signal(signal.SIGINT)
        except Cancelled:
            raise_signal(signal.SIGTERM)
            with signals.shield():
                raise_signal(signal.SIGINT)
            steps.append("released")

    assert steps == ["released"]


class Finalized:
    """A signal comes while it is finalized, where every exception ends."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What finalizers raised; Python tells of it, or doesn't."""
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    return seen


def test_a_signal_that_got_lost_is_raised_again(lost: list[Any]) -> None:
    signals = Signals()
    with signals.installed():
        signals.check()
        Finalized()
        with pytest.raises(Cancelled) as caught:
            signals.check()

    assert caught.value.signal_number == signal.SIGINT
    assert [type(one.exc_value) for one in lost] == [Cancelled]


@pytest.mark.usefixtures("lost")
def test_a_wait_that_lost_its_signal_ends_at_the_next_look(clock: FakeClock) -> None:
    signals, seen = Signals(), []

    def probe() -> Observation[None]:
        seen.append("RUNNING")
        if len(seen) == 2:
            Finalized()
        return Observation("RUNNING", False, None)

    with pytest.raises(Cancelled), signals.installed():
        wait("run 1", probe, clock=signals.heeding(clock), timeout=3600)

    assert len(seen) == 2


def test_who_cleans_up_after_a_signal_may_wait(clock: FakeClock) -> None:
    signals, steps = Signals(), []
    heeding = signals.heeding(clock)
    with pytest.raises(Cancelled), signals.installed():
        try:
            try:
                raise_signal()
            finally:
                heeding.sleep(1)
                steps.append("cancelled the run")
                raise ValueError("it is gone")
        except ValueError:
            heeding.sleep(1)
            steps.append("waited for its end")
            with signals.shield():
                heeding.sleep(1)
        with signals.shield():
            heeding.sleep(1)
        steps.append("released")
        heeding.sleep(1)
        steps.append("never")

    assert steps == ["cancelled the run", "waited for its end", "released"]


@pytest.mark.usefixtures("lost")
def test_a_signal_is_the_main_threads(clock: FakeClock) -> None:
    signals = Signals()
    with signals.installed(), ThreadPoolExecutor(1) as pool:
        Finalized()
        pool.submit(signals.heeding(clock).sleep, 1).result()

    assert clock.slept == [1]
