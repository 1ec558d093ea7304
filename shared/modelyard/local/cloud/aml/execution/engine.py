"""Running graphs: each node as soon as all it waits for has succeeded, side by side."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

from modelyard.local.cloud.aml.execution.clusters import Clusters
from modelyard.local.cloud.aml.execution.commands import Commands
from modelyard.local.cloud.aml.execution.graph import Node, Order
from modelyard.local.cloud.aml.execution.halting import Halt
from modelyard.local.cloud.aml.execution.nodes import Nodes
from modelyard.local.cloud.aml.execution.records import ENDED, Records
from modelyard.local.cloud.aml.execution.scheduling import Scheduling
from modelyard.local.cloud.aml.packages import Environments
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs

LEAST_PLACES = 2


class Engine:
    """All graphs of one cloud. Safe for several threads."""

    def __init__(
        self,
        cloud: Cloud,
        blobs: Blobs,
        environments: Environments,
        children: Children,
        network: Mapping[str, str],
    ) -> None:
        """``network``: see :class:`~modelyard.local.cloud.aml.execution.commands.Commands`."""
        self.records = Records(cloud)
        self._blobs = blobs
        self._children = children
        self._nodes = Nodes(
            cloud.folder / "aml" / "runs",
            blobs,
            self.records,
            Commands(environments, children, network),
            Clusters(cloud.url),
            max(LEAST_PLACES, os.cpu_count() or 1),
        )
        self._lock = threading.Lock()
        self._halts: dict[str, Halt] = {}
        self._threads: dict[str, threading.Thread] = {}

    def submit(self, order: Order) -> None:
        """Run it beside the requests. Raises GraphError before anything is written down."""
        order.graph.check()
        only = order.graph.nodes[0] if order.run in order.runs.values() else None
        halt = self._begin(order, order.run, only.name if only else "")

        def run() -> None:
            try:
                if only is not None:
                    self._nodes.run(order, only, halt)
                else:
                    Scheduling(order, halt, self._start_node, self.records, self._blobs).run()
            finally:
                with self._lock:
                    self._halts.pop(order.run, None)
                    self._threads.pop(order.run, None)

        thread = threading.Thread(target=run, name=f"aml-{order.run}", daemon=True)
        with self._lock:
            self._threads[order.run] = thread
        thread.start()

    def cancel(self, run: str) -> bool:
        """A whole graph, or one of its nodes; says whether it was still active.

        It is CancelRequested at once, and Canceled when its processes have ended.
        """
        with self._lock:
            own = self._halts.get(run)
        if own is None:
            return False
        self.records.move(run, "CancelRequested")
        own.set("canceled")  # first: from now on no node of it starts
        for child in self.records.children(run):
            with self._lock:
                halt = self._halts.get(child["id"])
            if halt is not None:
                self.records.move(child["id"], "CancelRequested")
                halt.set("canceled")
        return True

    def wait(self, run: str, seconds: float) -> bool:
        """Until a graph has ended; says whether it has."""
        with self._lock:
            thread = self._threads.get(run)
        if thread is not None:
            thread.join(seconds)
        found = self.records.get(run)
        return found is not None and found["status"] in ENDED

    def start(self) -> None:
        """What an earlier life left active has failed."""
        self.records.abandon()

    def stop(self) -> None:
        """End everything, and write that down."""
        with self._lock:
            halts, threads = list(self._halts.values()), list(self._threads.values())
        for halt in halts:
            halt.set("stopped")
        self._children.stop_all()  # an installation doesn't listen to a halt
        for thread in threads:
            thread.join()  # a graph's thread ends when all its nodes have

    def reset(self) -> None:
        """Forget all runs, of a stopped engine."""
        self.records.reset()

    def _start_node(self, order: Order, node: Node, ended: Callable[[str], None]) -> None:
        """Run one node of a graph beside the others."""
        run = order.runs[node.name]
        halt = self._begin(order, run, node.name)
        with self._lock:
            above = self._halts.get(order.run)
        if above is not None and above.reason:
            halt.set(above.reason)  # who set it didn't know this node yet

        def work() -> None:
            try:
                self._nodes.run(order, node, halt)
            finally:
                with self._lock:
                    self._halts.pop(run, None)
                ended(node.name)

        threading.Thread(target=work, name=f"aml-{run}", daemon=True).start()

    def _begin(self, order: Order, run: str, node: str) -> Halt:
        self.records.add(run, root=order.run, node=node, account=order.account)
        halt = Halt()
        with self._lock:
            self._halts[run] = halt
        return halt
