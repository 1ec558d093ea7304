"""How clusters come up, change and go: the state machine around the driver processes.

PENDING until the driver really runs -> RUNNING; RESTARTING -> RUNNING; RESIZING -> RUNNING (there
are no workers to wait for: the next read but one sees it); TERMINATING until the driver is gone ->
TERMINATED, always with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.changes import Changes, Workers
from modelyard.local.cloud.databricks.clusters import reasons
from modelyard.local.cloud.databricks.clusters.events import Events
from modelyard.local.cloud.databricks.clusters.reasons import Reason
from modelyard.local.cloud.databricks.clusters.records import USABLE, Document, Records
from modelyard.local.cloud.databricks.drivers import DriverFactory, Drivers, Run
from modelyard.local.notebook.driver_process import DriverFailed

ALIVE = frozenset({"PENDING", "RUNNING", "RESTARTING", "RESIZING"})


class Lifecycle:
    """Safe for several threads: every change of state is one transaction of the store."""

    def __init__(
        self,
        records: Records,
        events: Events,
        changes: Changes,
        workers: Workers,
        factory: DriverFactory,
        base_python: Callable[[], Path],
        folder: Path,
        environment: Callable[[Document], Mapping[str, str]],
    ) -> None:
        """``folder`` is where drivers work, ``environment`` what a cluster's driver starts with
        (it may raise ApiError)."""
        self._records = records
        self._events = events
        self._changes = changes
        self._workers = workers
        self._base_python = base_python
        self._folder = folder
        self._environment = environment
        self.drivers = Drivers(factory, self._lost)
        self.when_running: Callable[[str], None] = lambda _: None
        self.when_stopped: Callable[[str], None] = lambda _: None

    def start(self, cluster_id: str, user: str, kind: str = "STARTING") -> None:
        """TERMINATED -> PENDING; raises INVALID_STATE from another state."""
        with self._records.lock:
            document = self._records.get(cluster_id)
            if document["state"] != "TERMINATED":
                raise unexpected_state(document)
            generation = document["generation"] + 1
            document.update(
                state="PENDING",
                state_message="Starting the driver",
                generation=generation,
                start_time=document["start_time"] if generation == 1 else self._records.now(),
                last_activity_time=self._records.now(),
            )
            for name in ("termination_reason", "terminated_time"):
                document.pop(name, None)
            self._records.put(document)
        self._events.add(cluster_id, kind, user=user)
        self._changes.announce()
        self._workers.start(f"start-{cluster_id}", self._bring_up, cluster_id, generation)

    def terminate(self, cluster_id: str, reason: Reason) -> None:
        """Alive -> TERMINATING -> TERMINATED; nothing happens to one that is already going."""
        document = self._records.move(
            cluster_id,
            ALIVE,
            state="TERMINATING",
            state_message=reason.message(),
            termination_reason=reason.document(),
        )
        if document is None:
            return
        self._events.add(cluster_id, "TERMINATING", reason=reason.document())
        self._changes.announce()
        self._workers.start(f"stop-{cluster_id}", self._bring_down, cluster_id)

    def restart(self, cluster_id: str, user: str) -> None:
        """RUNNING -> RESTARTING -> RUNNING; raises INVALID_STATE from another state."""
        with self._records.lock:
            document = self._records.get(cluster_id)
            if document["state"] not in USABLE:
                raise unexpected_state(document)
            generation = document["generation"] + 1
            self._records.update(
                cluster_id,
                state="RESTARTING",
                state_message="Restarting the driver",
                generation=generation,
                last_restarted_time=self._records.now(),
            )
        self._events.add(cluster_id, "RESTARTING", user=user)
        self._changes.announce()
        self._workers.start(f"restart-{cluster_id}", self._restart, cluster_id, generation)

    def resize(self, cluster_id: str, specification: dict[str, object], user: str) -> None:
        """RUNNING -> RESIZING -> RUNNING with another number of workers."""
        with self._records.lock:
            document = self._records.get(cluster_id)
            if document["state"] != "RUNNING":
                raise unexpected_state(document)
            self._records.update(
                cluster_id,
                specification=specification,
                state="RESIZING",
                state_message="Resizing",
                resizing_seen=False,
            )
        self._events.add(cluster_id, "RESIZING", user=user)
        self._changes.announce()

    def forget(self, cluster_id: str) -> None:
        """End the drivers of a cluster that has no record any more."""
        self._workers.start(f"forget-{cluster_id}", self._bring_down, cluster_id)

    def refresh(self, document: Document) -> Document:
        """A read of a cluster: what the time or a read brings about. Returns what to show."""
        cluster_id = document["cluster_id"]
        if document["state"] == "RESIZING":
            with self._records.lock:
                if not document.get("resizing_seen"):
                    self._records.move(cluster_id, {"RESIZING"}, resizing_seen=True)
                    return document
                moved = self._records.move(
                    cluster_id, {"RESIZING"}, state="RUNNING", state_message=""
                )
            self._events.add(cluster_id, "UPSIZE_COMPLETED")
            return moved or self._records.get(cluster_id)
        minutes = document["specification"].get("autotermination_minutes", 0)
        idle = self._records.now() - document.get("last_activity_time", 0)
        if (
            minutes
            and document["state"] == "RUNNING"
            and not self.drivers.active_runs(cluster_id)
            and idle >= minutes * 60_000
        ):
            self.terminate(cluster_id, reasons.inactivity(minutes))
            return self._records.find(cluster_id) or document
        return document

    def run_ended(self, cluster_id: str, run: Run) -> None:
        """A run on the cluster is over: from now on it may be idle."""
        self.drivers.release(cluster_id, run)
        self._records.move(cluster_id, USABLE, last_activity_time=self._records.now())

    def tick(self) -> None:
        """Terminate what has been idle for too long; for clusters that nobody reads."""
        for document in self._records.all():
            if document["state"] == "RUNNING":
                self.refresh(document)

    def recover(self) -> None:
        """After a start of the local cloud: no driver of an earlier one can be alive."""
        for document in self._records.all():
            if document["state"] != "TERMINATED":
                self._terminated(document["cluster_id"], reasons.shutdown())

    def shut_down(self) -> None:
        """The local cloud stops: end all drivers, at once and truthfully recorded."""
        self.drivers.stop_all()
        self.recover()

    def _bring_up(self, cluster_id: str, generation: int) -> None:
        try:
            slot = self.drivers.launch(
                cluster_id,
                python=self._base_python(),
                folder=self._folder / cluster_id,
                environment=self._environment(self._records.get(cluster_id)),
            )
        except (DriverFailed, exceptions.ApiError, OSError) as error:
            message = error.message if isinstance(error, exceptions.ApiError) else str(error)
            self._failed(cluster_id, generation, reasons.startup_failure(message))
            return
        with self._records.lock:
            document = self._records.move(
                cluster_id,
                {"PENDING", "RESTARTING"},
                generation,
                state="RUNNING",
                state_message="",
                last_activity_time=self._records.now(),
                driver_pid=slot.driver.pid,
            )
            if document is not None:
                self._events.add(cluster_id, "RUNNING")
                self._events.add(cluster_id, "DRIVER_HEALTHY")
                self.drivers.adopt(cluster_id, slot)
        if document is None:  # terminated or removed in the meantime
            self.drivers.discard(slot)
            return
        self._changes.announce()
        self.when_running(cluster_id)

    def _bring_down(self, cluster_id: str) -> None:
        self.drivers.stop(cluster_id)
        self._terminated(cluster_id)

    def _restart(self, cluster_id: str, generation: int) -> None:
        self.drivers.stop(cluster_id)
        self.when_stopped(cluster_id)
        self._bring_up(cluster_id, generation)

    def _failed(self, cluster_id: str, generation: int, reason: Reason) -> None:
        document = self._records.find(cluster_id)
        if document is not None and document["generation"] == generation:
            self.terminate(cluster_id, reason)

    def _lost(self, cluster_id: str, exit_code: int) -> None:
        self._events.add(cluster_id, "DRIVER_UNAVAILABLE")
        self.terminate(cluster_id, reasons.driver_lost(exit_code))

    def _terminated(self, cluster_id: str, reason: Reason | None = None) -> None:
        """The last step; with a reason where nobody gave one before."""
        self.when_stopped(cluster_id)  # first: who sees the cluster terminated sees all of it
        with self._records.lock:
            document = self._records.find(cluster_id)
            if document is not None:
                if reason is not None and document["state"] != "TERMINATING":
                    document.update(
                        state_message=reason.message(), termination_reason=reason.document()
                    )
                document.update(state="TERMINATED", terminated_time=self._records.now())
                document.pop("driver_pid", None)
                self._records.put(document)
        self._changes.announce()


def unexpected_state(document: Document) -> exceptions.ApiError:
    """``Cluster ... is in unexpected state Terminated.``"""
    state = str(document["state"]).capitalize()
    return exceptions.invalid_state(
        f"Cluster {document['cluster_id']} is in unexpected state {state}."
    )
