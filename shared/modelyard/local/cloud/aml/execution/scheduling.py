"""One graph under way: which node starts when, and how the whole ends."""

from __future__ import annotations

import queue
from collections.abc import Callable

from modelyard.local.cloud.aml.execution import artifacts
from modelyard.local.cloud.aml.execution.artifacts import GRAPH_LOG, Log
from modelyard.local.cloud.aml.execution.graph import Node, Order
from modelyard.local.cloud.aml.execution.halting import Halt
from modelyard.local.cloud.aml.execution.records import STOPPED, Records
from modelyard.local.cloud.storage.models import Blobs

Start = Callable[[Order, Node, Callable[[str], None]], None]
"""Starts a node beside the others and calls back, with its name, when it has ended."""


class Scheduling:
    """Of one graph with runs of their own for its nodes."""

    def __init__(
        self, order: Order, halt: Halt, start: Start, records: Records, blobs: Blobs
    ) -> None:
        self._order = order
        self._halt = halt
        self._start = start
        self._records = records
        self._waiting = {node.name: node for node in order.graph.nodes}
        self._active: set[str] = set()
        self._ended: dict[str, str] = {}
        self._calls: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._log = Log(blobs, artifacts.place_of(order.account, order.run), GRAPH_LOG)

    def run(self) -> None:
        """Comes back when nothing of it runs any more."""
        self._records.move(self._order.run, "Running")
        while True:
            self._start_ready()
            if not self._active:
                break
            self._note(self._calls.get())
        self._conclude()

    def _start_ready(self) -> None:
        failed = any(status != "Completed" for status in self._ended.values())
        if self._halt.reason or (failed and not self._order.graph.continue_on_failure):
            return
        done = {name for name, status in self._ended.items() if status == "Completed"}
        for node in [one for one in self._waiting.values() if one.needs <= done]:
            del self._waiting[node.name]
            self._active.add(node.name)
            self._log.say(f"Submitting {node.name}: run {self._order.runs[node.name]}.")
            self._start(self._order, node, self._calls.put)

    def _note(self, name: str) -> None:
        self._active.discard(name)
        document = self._records.get(self._order.runs[name]) or {}
        status = str(document.get("status", "Canceled"))
        self._ended[name] = status
        again = f" (the results of {document['reused']})" if document.get("reused") else ""
        self._log.say(f"{name}: {status}{again}.")

    def _conclude(self) -> None:
        run = self._order.run
        failed = [name for name, status in self._ended.items() if status != "Completed"]
        for name in self._waiting:
            self._log.say(f"{name}: not started.")
        if self._halt.reason == "canceled":
            self._records.move(run, "Canceled")
        elif self._halt.reason == "stopped":
            self._records.fail(run, "SystemError", STOPPED)
        elif failed:
            self._records.fail(run, "UserError", self._why(failed))
        else:
            self._records.move(run, "Completed")

    def _why(self, failed: list[str]) -> str:
        lines = []
        for name in failed:
            document = self._records.get(self._order.runs[name]) or {}
            error = (document.get("error") or {}).get("message", "")
            lines.append(f"{name} {self._ended[name].lower()}. {error}".rstrip())
        return "\n".join(lines)
