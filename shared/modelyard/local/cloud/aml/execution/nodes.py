"""Running one node from beginning to end: reuse, files in, the work, files out."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.execution import artifacts, staging
from modelyard.local.cloud.aml.execution.artifacts import USER_LOG, Log
from modelyard.local.cloud.aml.execution.clusters import Clusters
from modelyard.local.cloud.aml.execution.commands import Commands
from modelyard.local.cloud.aml.execution.graph import Command, Node, Order, Produced
from modelyard.local.cloud.aml.execution.halting import Halt, Halted, NodeFailed
from modelyard.local.cloud.aml.execution.records import STOPPED, Records
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.storage.models import Blobs

log = logging.getLogger(__name__)

PLACE_SECONDS = 0.2
"""How often a waiting node looks whether it shall end."""


class Nodes:
    """Runs nodes; as many commands side by side as there are places."""

    def __init__(
        self,
        folder: Path,
        blobs: Blobs,
        records: Records,
        commands: Commands,
        clusters: Clusters,
        places: int,
    ) -> None:
        self._folder = folder
        self._blobs = blobs
        self._records = records
        self._commands = commands
        self._clusters = clusters
        self._places = threading.BoundedSemaphore(places)

    def run(self, order: Order, node: Node, halt: Halt) -> str:
        """Run it, and write down how it fares; returns the state it ended in. Raises nothing."""
        run = order.runs[node.name]
        into = artifacts.place_of(order.account, run)
        try:
            self._records.move(run, "Queued")
            if not self._reused(order, node, run):
                printed = Log(self._blobs, into, USER_LOG)
                self._logged(order, node, printed, halt)
            self._records.move(run, "Completed")
        except Halted:
            if halt.reason == "stopped":
                self._records.fail(run, "SystemError", STOPPED)
            else:
                self._records.move(run, "Canceled")
        except NodeFailed as error:
            self._records.fail(run, error.code, str(error))
        except ArmError as error:
            self._records.fail(run, "UserError", str(error))
        except Exception:
            log.exception("run %s", run)
            self._records.fail(run, "SystemError", "The local cloud failed; see its own log.")
        finally:
            shutil.rmtree(self._folder / run, ignore_errors=True)
        found = self._records.get(run)
        status = str(found["status"]) if found else "Canceled"
        if halt.reason != "stopped":  # then nobody is there to be told
            try:
                order.ended(run, status)
            except Exception:
                log.exception("run %s", run)
        return status

    def _logged(self, order: Order, node: Node, printed: Log, halt: Halt) -> None:
        try:
            if isinstance(node.work, Command):
                self._take_place(halt)
                try:
                    self._work(order, node, printed, halt)
                finally:
                    self._places.release()
            else:
                self._work(order, node, printed, halt)
        except (NodeFailed, ArmError) as error:
            printed.write(f"Error: {str(error).splitlines()[0]}")
            raise

    def _take_place(self, halt: Halt) -> None:
        while not self._places.acquire(timeout=PLACE_SECONDS):
            halt.check()

    def _work(self, order: Order, node: Node, printed: Log, halt: Halt) -> None:
        run = order.runs[node.name]
        halt.check()
        self._records.move(run, "Preparing")
        inputs = _inputs(order, node)
        key = staging.content_key(node, inputs, order.account, self._blobs)
        produced = {n for n, one in node.inputs.items() if isinstance(one, Produced)}
        staged = staging.stage(self._folder / run, node, inputs, produced, self._blobs)
        try:
            self._execute(order, node, staged, printed, halt)
        finally:
            into = artifacts.place_of(order.account, run)
            staging.collect_artifacts(staged, into, self._blobs)
        self._records.move(run, "Finalizing")
        staging.collect(staged, node, self._blobs)
        places = {name: _as_list(one.place) for name, one in node.outputs.items()}
        self._records.remember(key, run, places)

    def _execute(
        self, order: Order, node: Node, staged: staging.Staged, printed: Log, halt: Halt
    ) -> None:
        run, timeout = order.runs[node.name], node.timeout_seconds
        variables = order.surroundings(run)
        self._records.move(run, "Running")
        if isinstance(node.work, Command):
            self._commands.run(node.work, staged, variables, printed, halt, timeout)
        else:
            self._clusters.run(node.work, node.name, run, staged, variables, printed, halt, timeout)

    def _reused(self, order: Order, node: Node, run: str) -> bool:
        """Whether an earlier run's results could be taken, and were."""
        if not node.reuse:
            return False
        key = staging.content_key(node, _inputs(order, node), order.account, self._blobs)
        found = self._records.same(key)
        if found is None:
            return False
        earlier, places = found
        for name, output in node.outputs.items():
            source = Place(*places[name])
            if source == output.place:
                continue
            if next(paths.files(source, self._blobs), None) is None:
                return False  # somebody deleted them
            artifacts.copy_files(self._blobs, source, output.place)
        artifacts.copy_files(
            self._blobs,
            artifacts.place_of(order.account, earlier),
            artifacts.place_of(order.account, run),
        )
        self._records.note(run, reused=earlier)
        return True


def _inputs(order: Order, node: Node) -> Mapping[str, Place]:
    """Where the files of each input are, those of other nodes' outputs too."""
    outputs = {one.name: one.outputs for one in order.graph.nodes}
    return {
        name: outputs[one.node][one.output].place if isinstance(one, Produced) else one
        for name, one in node.inputs.items()
    }


def _as_list(place: Place) -> list[str]:
    return [place.account, place.container, place.path]
