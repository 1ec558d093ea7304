"""Several calls at once, a bounded number of them, and all of them stopped by the first error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from typing import Protocol, TypeVar

from modelyard.clock import Clock
from modelyard.errors import ModelyardError

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 10
"""As many as the session keeps connections for, and as the Files API answers at a time."""
SLICE = 0.25
"""Seconds between two looks whether to stop, in a pause."""
GRACE = 2.0
"""Seconds that running calls get to break off after a cancel."""


class Stopped(Exception):
    """Raised inside work that isn't needed any more, because other work failed or the run is
    cancelled. Never reaches the caller."""


class Stop:
    """Tells running work to break off at the next safe place."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """From now on :meth:`check` raises."""
        self._event.set()

    def check(self) -> None:
        """:raises Stopped: when the work isn't needed any more."""
        if self._event.is_set():
            raise Stopped


class Pausing(Protocol):
    """What makes calls and pauses between them: a session."""

    clock: Clock


class _StoppableClock:
    """A clock whose pauses end when the work is stopped: a Retry-After can last two minutes."""

    def __init__(self, clock: Clock, stop: Stop) -> None:
        self._clock = clock
        self._stop = stop

    def time(self) -> float:
        return self._clock.time()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        while seconds > 0:
            self._stop.check()
            self._clock.sleep(min(seconds, SLICE))
            seconds -= SLICE
        self._stop.check()


def each(
    session: Pausing,
    work: Callable[[Item, Stop], Result],
    items: Sequence[Item],
    *,
    parallel: int,
    name: Callable[[Item], str] = str,
    done: Callable[[Item, Result], None] | None = None,
) -> list[Result]:
    """Do the work for each item, ``parallel`` at a time; the results in the items' order.

    The first error ends it: nothing new is begun, running work is told to break off and waited
    for. A cancel ends it too, and waits for running work only a moment.

    :param work: gets the item and the :class:`Stop` that it looks at between two steps.
    :param name: names the item in an error.
    :param done: called in this thread as each item gets ready.
    :raises ModelyardError: the first error, with the item's name before its message.
    """
    if not items:
        return []
    results: dict[int, Result] = {}
    with _pausing(session) as stop:

        def begin(item: Item) -> Result:
            stop.check()
            try:
                return work(item, stop)
            except BaseException:
                stop.set()  # here already: this thread takes up the next item at once
                raise

        pool = ThreadPoolExecutor(min(parallel, len(items)), thread_name_prefix="modelyard")
        futures: dict[Future[Result], int] = {}
        try:
            for index, item in enumerate(items):
                futures[pool.submit(begin, item)] = index
            for future in as_completed(futures):
                index = futures[future]
                if isinstance(future.exception(), Stopped):
                    continue  # the error that stopped it comes, too
                results[index] = _result(future, name(items[index]))
                if done is not None:
                    done(items[index], results[index])
        except Exception:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            wait(futures, timeout=GRACE)
            raise
        pool.shutdown()
    return [results[index] for index in range(len(items))]


@contextmanager
def _pausing(session: Pausing) -> Iterator[Stop]:
    stop, clock = Stop(), session.clock
    session.clock = _StoppableClock(clock, stop)
    try:
        yield stop
    finally:
        session.clock = clock


def _result(future: Future[Result], name: str) -> Result:
    try:
        return future.result()
    except ModelyardError as error:
        error.what = f"{name}: {error.what}"
        error.args = (error.what,)
        raise
