"""The driver of a cluster: takes orders from the local cloud and supervises the runs.

Orders are JSON lines: ``{"order": "run", "number": 1, "request": {...}}`` and
``{"order": "cancel", "number": 1}``. Reports are ``{"event": "ready"}`` and
``{"event": "result", "number": 1, "result": {...}}``. When the other end closes, however that
happens, the driver ends, with all its runs.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, NoReturn

from modelyard.local import process_family
from modelyard.local.notebook.channel import Channel, ChannelClosed
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult
from modelyard.local.notebook.supervisor import RunProcess


class Driver:
    """The runs of one cluster."""

    def __init__(self, channel: Channel, folder: Path, python: Path) -> None:
        self._channel = channel
        self._folder = folder
        self._python = python
        self._name = os.environ[process_family.VARIABLE]
        self._runs: dict[int, RunProcess] = {}

    def serve(self) -> None:
        """Carry out orders until the other end closes."""
        self._report({"event": "ready"})
        while (message := self._channel.receive()) is not None:
            number = int(message["number"])
            if message["order"] == "run":
                self._run(number, NotebookRequest.from_json(message["request"]))
            elif (run := self._runs.get(number)) is not None:
                run.end("canceled")

    def _run(self, number: int, request: NotebookRequest) -> None:
        name = f"{self._name}/{number}"
        environment = {**os.environ, **request.environment}
        environment.setdefault("MODELYARD_TASK_VALUES", str(self._folder / "task-values"))
        run = RunProcess(
            request,
            python=request.python or self._python,
            folder=self._folder / "runs" / str(number),
            work=self._folder / "work",
            environment=environment,
            name=name,
        )
        self._runs[number] = run
        run.start(lambda result: self._ended(number, result))

    def _ended(self, number: int, result: NotebookResult) -> None:
        self._report({"event": "result", "number": number, "result": result.to_json()})
        del self._runs[number]

    def _report(self, message: dict[str, Any]) -> None:
        try:
            self._channel.send(message)
        except ChannelClosed:
            self.end()

    def end(self) -> NoReturn:
        """End every run, and this process."""
        process_family.end_all(self._name)


def main(arguments: list[str]) -> None:
    """``DESCRIPTOR FOLDER PYTHON``."""
    channel = Channel.inherited(int(arguments[0]))
    driver = Driver(channel, Path(arguments[1]), Path(arguments[2]))
    signal.signal(signal.SIGTERM, lambda *_: driver.end())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the local cloud, which stops it
    driver.serve()
    driver.end()
