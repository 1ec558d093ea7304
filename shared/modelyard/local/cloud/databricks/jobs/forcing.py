"""Ends of runs that a test asked for: "the next run ends in INTERNAL_ERROR".

``POST /modelyard/databricks/next-run`` (loopback only) with ``life_cycle_state`` and, where wanted,
``result_state``, ``termination_code``, ``message`` and ``times``. The next job runs don't execute
anything then: they go through PENDING and RUNNING to that state, and so do their tasks. Any string
is taken, so that clients can be tried with states they don't know. A run that is put into a state
that is no end (``BLOCKED``) stays there until it is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.jobs.states import ACTIVE, Outcome
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.forced_runs"
CODES = {
    None: "INTERNAL_ERROR",
    "SUCCESS": "SUCCESS",
    "CANCELED": "USER_CANCELED",
    "TIMEDOUT": "CANCELED",
    "MAXIMUM_CONCURRENT_RUNS_REACHED": "MAX_CONCURRENT_RUNS_EXCEEDED",
}


class Forced:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store

    def add(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """For the next run, after those that were asked for before. Returns what will happen."""
        life_cycle = wish.get("life_cycle_state", "TERMINATED")
        result = wish.get("result_state")
        times = wish.get("times", 1)
        texts = [wish.get(name, "") for name in ("termination_code", "message")]
        if not isinstance(life_cycle, str) or not isinstance(result, str | None):
            raise exceptions.invalid_parameter("life_cycle_state and result_state must be strings")
        if not all(isinstance(text, str) for text in texts):
            raise exceptions.invalid_parameter("termination_code and message must be strings")
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise exceptions.invalid_parameter("times must be a whole number, at least 1")
        document = {
            "life_cycle_state": life_cycle,
            "result_state": result,
            "termination_code": texts[0] or CODES.get(result, "RUN_EXECUTION_ERROR"),
            "message": texts[1] or "Ended as a test asked for.",
        }
        for _ in range(times):
            number = self._store.next_number("databricks.forced_run")
            self._store.put(COLLECTION, str(number), document)
        return document

    def take(self) -> dict[str, Any] | None:
        """For a run that begins now; None when nothing was asked for."""
        with self._store.lock:
            for key, document in self._store.items(COLLECTION):
                self._store.delete(COLLECTION, key)
                return document
        return None

    def reset(self) -> None:
        self._store.clear(COLLECTION)


def outcome_of(forced: Mapping[str, Any]) -> Outcome:
    return Outcome(
        forced["life_cycle_state"],
        forced["result_state"],
        forced["termination_code"],
        forced["message"],
    )


def stays(forced: Mapping[str, Any]) -> bool:
    """Whether the wish is for a state that is no end."""
    return forced["life_cycle_state"] in ACTIVE
