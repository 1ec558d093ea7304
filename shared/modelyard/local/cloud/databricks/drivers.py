"""The driver processes of the clusters: one each, and how many runs it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modelyard.local.notebook.runs import NotebookRequest, NotebookResult


class Run(Protocol):
    """One run that a driver has taken."""

    def wait(self, timeout: float | None = None) -> NotebookResult | None: ...

    def cancel(self) -> None: ...


class Driver(Protocol):
    """What this service asks of a driver: see :mod:`modelyard.local.notebook.driver_process`."""

    @property
    def pid(self) -> int: ...

    def start(self) -> None:
        """Blocks until ready; raises DriverFailed."""
        ...

    def run(self, request: NotebookRequest) -> Run: ...

    def stop(self) -> None: ...


class DriverFactory(Protocol):
    def __call__(
        self,
        *,
        python: Path,
        folder: Path,
        environment: Mapping[str, str],
        on_exit: Callable[[int], None],
    ) -> Driver: ...


@dataclass(eq=False)
class Slot:
    """One driver process, from its launch on."""

    driver: Driver
    runs: set[Run] = field(default_factory=set)
    exit_code: int | None = None
    """Set when the process has ended, whatever the reason."""


class NoDriver(Exception):
    """The cluster has no driver that takes runs."""


class Drivers:
    """Safe for several threads."""

    def __init__(self, factory: DriverFactory, lost: Callable[[str, int], None]) -> None:
        """``lost(cluster_id, exit_code)``: a cluster's driver ended and nobody had asked it to."""
        self._factory = factory
        self._lost = lost
        self._slots: dict[str, Slot] = {}
        self._lock = threading.RLock()

    def launch(
        self, cluster_id: str, *, python: Path, folder: Path, environment: Mapping[str, str]
    ) -> Slot:
        """A driver that is ready, but not yet the cluster's: :meth:`adopt` or :meth:`discard` it.

        Raises what the driver's start raises.
        """
        folder.mkdir(parents=True, exist_ok=True)
        ended: list[int] = []

        def on_exit(code: int) -> None:
            ended.append(code)
            if slot is not None:
                self._check(cluster_id, slot, code)

        slot: Slot | None = None
        driver = self._factory(
            python=python, folder=folder, environment=environment, on_exit=on_exit
        )
        driver.start()
        slot = Slot(driver)
        if ended:
            slot.exit_code = ended[0]
        return slot

    def adopt(self, cluster_id: str, slot: Slot) -> None:
        """Make it the cluster's driver."""
        with self._lock:
            self._slots[cluster_id] = slot
            code = slot.exit_code
        if code is not None:
            self._check(cluster_id, slot, code)

    def discard(self, slot: Slot) -> None:
        """End a driver that was launched in vain."""
        slot.driver.stop()

    def run(self, cluster_id: str, request: NotebookRequest) -> Run:
        """Give the cluster's driver a run; :meth:`release` it when it has ended.

        Raises NoDriver.
        """
        with self._lock:
            slot = self._slots.get(cluster_id)
            if slot is None:
                raise NoDriver(cluster_id)
            run = slot.driver.run(request)
            slot.runs.add(run)
            return run

    def release(self, cluster_id: str, run: Run) -> None:
        with self._lock:
            slot = self._slots.get(cluster_id)
            if slot is not None:
                slot.runs.discard(run)

    def active_runs(self, cluster_id: str) -> int:
        with self._lock:
            slot = self._slots.get(cluster_id)
            return 0 if slot is None else len(slot.runs)

    def stop(self, cluster_id: str) -> None:
        """End the driver of a cluster, if it has one, and the runs it has."""
        with self._lock:
            slot = self._slots.pop(cluster_id, None)
        if slot is not None:
            self.discard(slot)

    def stop_all(self) -> None:
        with self._lock:
            clusters = list(self._slots)
        for cluster_id in clusters:
            self.stop(cluster_id)

    def _check(self, cluster_id: str, slot: Slot, code: int) -> None:
        """Tell of a cluster's driver that has ended. One that was stopped isn't its driver."""
        with self._lock:
            slot.exit_code = code
            if self._slots.get(cluster_id) is not slot:
                return
            del self._slots[cluster_id]
        self._lost(cluster_id, code)
