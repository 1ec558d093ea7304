from __future__ import annotations

import threading

import pytest

from modelyard.local.cloud.databricks.changes import Changes, Workers


def test_a_waiter_wakes_when_something_is_announced() -> None:
    changes, seen, reached = Changes(), threading.Event(), threading.Event()

    def look() -> bool:
        seen.set()
        return reached.is_set()

    waiter = threading.Thread(target=changes.wait_until, args=(look,))
    waiter.start()
    assert seen.wait(5)
    assert waiter.is_alive()
    reached.set()
    changes.announce()
    waiter.join(5)
    assert not waiter.is_alive()


def test_nothing_announced_between_look_and_wait_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("modelyard.local.cloud.databricks.changes.POLL_SECONDS", 60.0)
    changes = Changes()
    looks: list[int] = []

    def look() -> bool:
        looks.append(1)
        changes.announce()  # as another thread would, at the worst moment
        return len(looks) == 3

    waiter = threading.Thread(target=changes.wait_until, args=(look,), daemon=True)
    waiter.start()
    waiter.join(5)
    assert len(looks) == 3


def test_what_the_look_raises_ends_the_wait() -> None:
    def look() -> bool:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        Changes().wait_until(look)


def test_joining_waits_for_workers_that_workers_start() -> None:
    workers, done = Workers(), []

    def first() -> None:
        workers.start("second", done.append, "second")
        done.append("first")

    workers.start("first", first)
    assert workers.join(5)
    assert sorted(done) == ["first", "second"]


def test_joining_says_when_a_worker_does_not_end() -> None:
    workers, release = Workers(), threading.Event()
    workers.start("stuck", release.wait)
    assert not workers.join(0.01)
    release.set()
    assert workers.join(5)
