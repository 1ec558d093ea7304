"""What is known of every run: its state now, the states before, and why it failed."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-runs"
REUSE = "aml-reuse"
STOPPED = "The local cloud was stopped while this ran."
ENDED = frozenset({"Completed", "Failed", "Canceled"})
"""The other states: NotStarted, Queued, Preparing, Running, Finalizing, CancelRequested."""


class Records:
    """Documents ``{id, parent, root, node, account, status, transitions, created, started, ended,
    error, reused}``. Times are as Azure writes them, or None; ``transitions`` are
    ``{status, time}``; ``error`` is ``{code, message}`` or None; ``reused`` is the id of the run
    whose results stand for this one's, or None; ``parent`` is None for a graph's own run.

    Source: Azure Machine Learning's run history, whose states these are.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def add(self, run: str, *, root: str, node: str, account: str) -> None:
        """A run that hasn't started. A node that never does has no record."""
        now = self._now()
        document = {
            "id": run,
            "parent": None if run == root else root,
            "root": root,
            "node": node,
            "account": account,
            "status": "NotStarted",
            "transitions": [{"status": "NotStarted", "time": now}],
            "created": now,
            "started": None,
            "ended": None,
            "error": None,
            "reused": None,
        }
        self._cloud.store.put(COLLECTION, run, document)

    def get(self, run: str) -> Json | None:
        return self._cloud.store.get(COLLECTION, run)

    def all(self) -> list[Json]:
        """The oldest first."""
        return [document for _, document in self._cloud.store.items(COLLECTION)]

    def children(self, run: str) -> list[Json]:
        """Of a graph's run, in the order they began."""
        return [one for one in self.all() if one["parent"] == run]

    def move(self, run: str, status: str, **changes: Any) -> None:
        """A new state. What has ended stays as it is; what is to be canceled can only end."""
        with self._cloud.store.lock:
            document = self._cloud.store.get(COLLECTION, run)
            if document is None or document["status"] in ENDED:
                return
            if document["status"] == "CancelRequested" and status not in ENDED:
                return
            now = self._now()
            if status == "Running":
                changes.setdefault("started", document["started"] or now)
            if status in ENDED:
                changes.setdefault("ended", now)
                changes.setdefault("started", document["started"] or now)
            transitions = [*document["transitions"], {"status": status, "time": now}]
            self._cloud.store.update(
                COLLECTION, run, status=status, transitions=transitions, **changes
            )

    def fail(self, run: str, code: str, message: str) -> None:
        self.move(run, "Failed", error={"code": code, "message": message})

    def abandon(self) -> None:
        """What an earlier life of the cloud left active has failed."""
        for document in self.all():
            if document["status"] not in ENDED:
                self.fail(document["id"], "SystemError", STOPPED)

    def note(self, run: str, **changes: Any) -> None:
        """Facts that are no state."""
        self._cloud.store.update(COLLECTION, run, **changes)

    def remember(self, key: str, run: str, places: dict[str, list[str]]) -> None:
        """A finished run, and where its outputs are, for those that are the same."""
        self._cloud.store.put(REUSE, key, {"run": run, "places": places})

    def same(self, key: str) -> tuple[str, dict[str, list[str]]] | None:
        """The run that is remembered under this key, as long as there is one."""
        found = self._cloud.store.get(REUSE, key)
        if found is None or self.get(found["run"]) is None:
            return None
        return found["run"], found["places"]

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
        self._cloud.store.clear(REUSE)

    def _now(self) -> str:
        return stamp(self._cloud.clock.time())
