"""The same steps in all three ways, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from pathlib import Path
from pprint import pformat

import pytest

from modelyard.local.cloud.cloud import SERVICES
from parity.as_actions import run_as_actions
from parity.as_commands import run_as_commands
from parity.as_tasks import run_as_tasks
from parity.ways import NewPlace, Outcomes, Place, Step

WAYS = {"command": run_as_commands, "task": run_as_tasks, "action": run_as_actions}


def run_in_each_way(
    new_place: NewPlace,
    files: Path,
    steps: Callable[[Place], Sequence[Step]],
    services: Sequence[str] = SERVICES,
) -> dict[str, Outcomes]:
    """What came of the steps, each way in a cloud of its own.

    :param steps: called with each place before anything runs in it.
    """

    def run(way: str) -> Outcomes:
        with new_place(files, services) as place:
            prepared = steps(place)
            place.cloud.requests.clear()
            return WAYS[way](place, prepared)

    with ThreadPoolExecutor(len(WAYS)) as pool:  # each of them waits most of the time
        return dict(zip(WAYS, pool.map(run, WAYS), strict=True))


def assert_same(found: dict[str, object]) -> None:
    """All three are equal."""
    for way in ("task", "action"):
        if found[way] != found["command"]:
            lines = [pformat(found[one], width=160).splitlines() for one in ("command", way)]
            pytest.fail("\n".join(unified_diff(*lines, "command", way, n=1, lineterm="")))
