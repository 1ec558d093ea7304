"""Doing work along a graph: each part when all that it waits for is done, side by side.

Source: learn.microsoft.com, ``process/stages`` ("Specify dependencies") and ``process/phases``.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def walk(graph: Mapping[str, Iterable[str]], work: Callable[[str], T]) -> dict[str, T]:
    """What ``work`` gives for each name.

    :param graph: what each waits for; only names of the graph, without circles.
    :raises BaseException: the first that ``work`` raised, when all that had begun is over. Nothing
        is begun after it.
    """
    waiting = {name: set(before) for name, before in graph.items()}
    ended: queue.SimpleQueue[tuple[str, T | None, BaseException | None]] = queue.SimpleQueue()
    results: dict[str, T] = {}
    failure: BaseException | None = None
    threads: dict[str, threading.Thread] = {}

    def perform(name: str) -> None:
        try:
            ended.put((name, work(name), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the graph is walked
            ended.put((name, None, error))

    while (waiting and failure is None) or threads:
        if failure is None:
            for name in [one for one, before in waiting.items() if not before]:
                del waiting[name]
                threads[name] = threading.Thread(target=perform, args=(name,), name=name)
                threads[name].start()
        name, result, error = ended.get()
        threads.pop(name).join()
        if error is not None:
            failure = failure or error
            continue
        results[name] = result  # type: ignore[assignment]
        for before in waiting.values():
            before.discard(name)
    if failure is not None:
        raise failure
    return results
