from __future__ import annotations

import threading

import pytest
import requests_mock

from modelyard.clock import FakeClock, SystemClock
from modelyard.errors import Cancelled, NotFound
from modelyard.http import Session
from modelyard.parallel import Stop, Stopped, each

BASE = "https://adb-1.1.azuredatabricks.net"


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return Session(BASE, clock=clock)


def test_results_come_in_the_order_of_the_items(session: Session) -> None:
    second = threading.Event()

    def work(item: int, stop: Stop) -> int:
        if item == 1:
            assert second.wait(5)
        second.set()
        return item * 10

    ready: list[int] = []
    assert each(session, work, [1, 2, 3], parallel=2, done=lambda item, _: ready.append(item)) == [
        10,
        20,
        30,
    ]
    assert sorted(ready) == [1, 2, 3]


def test_no_more_than_asked_for_at_once(session: Session) -> None:
    lock, now, most = threading.Lock(), 0, 0
    both = threading.Barrier(2)

    def work(item: int, stop: Stop) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(5)
        with lock:
            now -= 1

    each(session, work, range(6), parallel=2)
    assert most == 2


def test_nothing_to_do(session: Session) -> None:
    assert each(session, lambda item, stop: item, [], parallel=4) == []


def test_the_first_error_names_its_item_and_stops_the_rest(session: Session) -> None:
    begun: list[str] = []
    broken_off = threading.Event()
    running = threading.Event()

    def work(item: str, stop: Stop) -> None:
        begun.append(item)
        if item == "bad":
            assert running.wait(5)
            raise NotFound("no such folder")
        running.set()
        try:
            while not broken_off.wait(0.005):
                stop.check()
        except Stopped:
            broken_off.set()
            raise

    with pytest.raises(NotFound, match="bad: no such folder"):
        each(session, work, ["slow", "bad", "never", "never too"], parallel=2)
    assert broken_off.is_set()
    assert sorted(begun) == ["bad", "slow"]


def test_one_at_a_time_nothing_is_begun_after_the_error(session: Session) -> None:
    begun: list[int] = []

    def work(item: int, stop: Stop) -> None:
        begun.append(item)
        if item == 1:
            raise NotFound("gone")

    for _ in range(50):
        begun.clear()
        with pytest.raises(NotFound, match="1: gone"):
            each(session, work, range(20), parallel=1)
        assert begun == [0, 1]


def test_a_cancel_in_the_main_thread_stops_the_workers(session: Session) -> None:
    stopped = threading.Event()
    running = threading.Event()

    def work(item: str, stop: Stop) -> None:
        if item == "first":
            assert running.wait(5)
            return
        running.set()
        try:
            while not stopped.wait(0.005):
                stop.check()
        except Stopped:
            stopped.set()
            raise

    def cancel(item: str, _: None) -> None:
        raise Cancelled(2)

    with pytest.raises(Cancelled):
        each(session, work, ["first", "second"], parallel=2, done=cancel)
    assert stopped.wait(5)


def test_a_pause_of_minutes_ends_with_the_first_error() -> None:
    clock = SystemClock()
    session = Session(BASE, clock=clock)
    asked = threading.Event()

    def answer(request: object, context: requests_mock.response._Context) -> str:
        context.status_code = 429
        context.headers["Retry-After"] = "100"
        asked.set()
        return "{}"

    def work(item: str, stop: Stop) -> None:
        if item == "waits":
            session.get("/api/waits")
        assert asked.wait(5)
        raise NotFound("gone")

    before = clock.monotonic()
    with requests_mock.Mocker() as mocker:
        mocker.get(f"{BASE}/api/waits", text=answer)
        with pytest.raises(NotFound):
            each(session, work, ["waits", "fails"], parallel=2)
    assert clock.monotonic() - before < 10
    assert session.clock is clock
