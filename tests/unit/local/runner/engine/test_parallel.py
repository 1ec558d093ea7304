"""Jobs side by side."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from modelyard.local.runner.engine.events import Ended, Event, Started
from modelyard.local.runner.engine.slots import Slots
from modelyard.local.runner.engine.walking import walk

MEET = """
    jobs:
    - job: A
      timeoutInMinutes: 1
      steps: [{checkout: none}, {bash: "mkfifo $HOME/meet 2>/dev/null; echo hi > $HOME/meet"}]
    - job: B
      timeoutInMinutes: 1
      steps: [{checkout: none}, {bash: "mkfifo $HOME/meet 2>/dev/null; cat $HOME/meet"}]
    """


def test_two_jobs_meet(run: Any) -> None:
    """Each waits for the other at a pipe: one after the other they'd never end."""
    done = run(MEET, parallel=2)

    assert done.result == "Succeeded"
    assert "hi" in done.lines


@pytest.mark.parametrize(
    ("settings", "strategy"),
    [
        ({"parallel": 1}, ""),
        ({}, "maxParallel: 1"),
        ({}, "maxParallel: $[ variables.most ]"),
        ({}, "maxParallel: $(most)"),
    ],
)
def test_no_more_than_so_many_run_at_once(run: Any, settings: Any, strategy: str) -> None:
    running, most = 0, 0

    def count(event: Event) -> None:
        nonlocal running, most
        if len(event.path) == 2 and isinstance(event, (Started, Ended)):
            running += 1 if isinstance(event, Started) else -1
            most = max(most, running)

    done = run(
        f"""
        variables: {{most: 1}}
        jobs:
        - job: A
          strategy:
            matrix: {{a: {{v: 1}}, b: {{v: 2}}, c: {{v: 3}}}}
            {strategy}
          steps: [{{checkout: none}}, {{bash: "echo $(v)"}}]
        """,
        listeners=(count,),
        **settings,
    )

    assert done.result == "Succeeded"
    assert most == 1


def test_a_walk_waits_for_what_comes_before() -> None:
    order: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> str:
        with lock:
            order.append(name)
        return name.upper()

    found = walk({"c": ["a", "b"], "a": [], "b": ["a"]}, work)

    assert order == ["a", "b", "c"]
    assert found == {"a": "A", "b": "B", "c": "C"}


def test_a_walk_raises_what_the_work_raises_and_begins_nothing_more() -> None:
    done: list[str] = []

    def work(name: str) -> None:
        if name == "a":
            raise ValueError("broken")
        done.append(name)

    with pytest.raises(ValueError, match="broken"):
        walk({"a": [], "b": ["a"]}, work)
    assert done == []


def test_places_are_given_in_the_order_of_asking() -> None:
    slots = Slots(1)
    order: list[int] = []
    threads = []
    with slots.one() as held:
        assert held
        for number in range(4):
            thread = threading.Thread(target=_take, args=(slots, order, number))
            thread.start()
            while len(slots._line) <= number:  # it stands in the line
                threading.Event().wait(0.001)
            threads.append(thread)
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3]


def _take(slots: Slots, order: list[int], number: int) -> None:
    with slots.one() as held:
        assert held
        order.append(number)


def test_who_is_cancelled_leaves_the_line() -> None:
    slots = Slots(1)
    with slots.one(), slots.one(lambda: True) as second:
        assert not second
    with slots.one() as third:
        assert third
