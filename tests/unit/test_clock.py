from __future__ import annotations

import threading

from modelyard.clock import FakeClock, SystemClock


def test_a_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock(start=100.0)
    assert (clock.time(), clock.monotonic()) == (100.0, 100.0)

    clock.sleep(5)
    clock.advance(60)
    assert clock.time() == 165.0
    assert clock.slept == [5]


def test_sleepers_in_many_threads_lose_no_time() -> None:
    clock = FakeClock(start=0.0)
    threads = [
        threading.Thread(target=lambda: [clock.sleep(1) for _ in range(200)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.time() == 800.0


def test_the_system_clock_goes_on() -> None:
    clock = SystemClock()
    before, wall = clock.monotonic(), clock.time()
    clock.sleep(0)

    assert clock.monotonic() >= before
    assert clock.time() > 1_600_000_000
    assert abs(clock.time() - wall) < 60
