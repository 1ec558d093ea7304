"""Drivers of clusters that a test plays: no processes, no waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.local.notebook.driver_process import DriverFailed
from modelyard.local.notebook.environments import InstallFailed
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult

DEADLINE = 10.0
"""Seconds that a driver's start may be held back."""


class FakeRun:
    def __init__(self, request: NotebookRequest) -> None:
        self.request = request
        self.cancelled = False
        self._done = threading.Event()
        self._result: NotebookResult | None = None

    def wait(self, timeout: float | None = None) -> NotebookResult | None:
        self._done.wait(timeout)
        return self._result

    def cancel(self) -> None:
        self.cancelled = True
        self.finish(NotebookResult("canceled", error="Run was canceled"))

    def finish(self, result: NotebookResult) -> None:
        if self._result is None:
            self._result = result
            self._done.set()


class FakeDriver:
    def __init__(self, stage: Stage, **facts: Any) -> None:
        self._stage = stage
        self.python: Path = facts["python"]
        self.environment: Mapping[str, str] = facts["environment"]
        self._on_exit: Callable[[int], None] = facts["on_exit"]
        self.runs: list[FakeRun] = []
        self.stopped = False

    @property
    def pid(self) -> int:
        return 4711

    def start(self) -> None:
        assert self._stage.may_start.wait(DEADLINE)
        if self._stage.start_failure:
            raise DriverFailed(self._stage.start_failure)

    def run(self, request: NotebookRequest) -> FakeRun:
        run = FakeRun(request)
        self.runs.append(run)
        result = self._stage.play(request)
        if result is not None:
            run.finish(result)
        return run

    def stop(self) -> None:
        self.stopped = True
        self._end()

    def die(self, code: int = -9) -> None:
        """As ``kill -9`` of the process: first its runs are lost, then it is noticed."""
        self._end()
        self._on_exit(code)

    def _end(self) -> None:
        for run in self.runs:
            run.finish(NotebookResult("driver_lost", error="The driver of the cluster ended"))


class Stage:
    """What the drivers of a test do. ``play`` gives a run's result, or None: it goes on."""

    def __init__(self) -> None:
        self.drivers: list[FakeDriver] = []
        self.may_start = threading.Event()
        self.may_start.set()
        self.start_failure = ""
        self.builds: list[list[str]] = []
        self.broken_packages: set[str] = set()
        self.play: Callable[[NotebookRequest], NotebookResult | None] = lambda _: NotebookResult(
            "success", exit_value="done"
        )

    def factory(self, **facts: Any) -> FakeDriver:
        driver = FakeDriver(self, **facts)
        self.drivers.append(driver)
        return driver

    def build(self, requirements: Any, *, wheels: Any = (), **_: Any) -> Path:
        names = [*requirements, *(wheel.name for wheel in wheels)]
        self.builds.append(names)
        for name in names:
            if name in self.broken_packages:
                raise InstallFailed(f"No matching distribution found for {name}")
        return Path(f"/environments/{'+'.join(sorted(names))}/bin/python")

    @property
    def running(self) -> list[FakeRun]:
        return [run for driver in self.drivers for run in driver.runs if run.wait(0) is None]
