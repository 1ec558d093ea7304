"""The driver of a cluster, as the local cloud holds it."""

from __future__ import annotations

import os
import secrets
import site
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.local import process_family
from modelyard.local.notebook import bootstrap, pip_command
from modelyard.local.notebook.channel import Channel, ChannelClosed, pair
from modelyard.local.notebook.runs import CellRecord, NotebookRequest, NotebookResult

__all__ = [
    "CellRecord",
    "DriverFailed",
    "DriverProcess",
    "NotebookRequest",
    "NotebookResult",
    "NotebookRun",
]

START_LIMIT = 60.0
"""Seconds that a driver may take to start; it takes a fraction of one."""

_INHERITED = (
    "PATH", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "JAVA_HOME", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
)  # fmt: skip
_INHERITED_ENDINGS = ("_NUM_THREADS",)
_INHERITED_BEGINNINGS = ("LC_", "PIP_")


class DriverFailed(Exception):
    """The driver's process could not be started."""


class NotebookRun:
    """A run on a driver."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._done = threading.Event()
        self._result: NotebookResult | None = None

    def wait(self, timeout: float | None = None) -> NotebookResult | None:
        """The result; None when the run isn't over within ``timeout`` seconds (None: no limit)."""
        self._done.wait(timeout)
        return self._result

    def cancel(self) -> None:
        """Ask for the end of the run and all it has started. :meth:`wait` tells when it is over."""
        if not self._done.is_set():
            self._cancel()

    def finish(self, result: NotebookResult) -> None:
        """For the driver: this is how it ended. The first one counts."""
        if self._result is None:
            self._result = result
            self._done.set()


class DriverProcess:
    """The driver of one cluster: a process in a session of its own, with its runs below it.

    Its variables are ``environment`` over a few of this process (PATH, locale, PIP_*, JAVA_HOME):
    a cluster doesn't see what else the user's shell has, such as credentials.
    """

    def __init__(
        self,
        *,
        python: Path,
        folder: Path,
        environment: Mapping[str, str],
        on_exit: Callable[[int], None],
    ) -> None:
        """:param python: interpreter of the cluster's environment (:mod:`.environments`).
        :param folder: of this cluster; made if missing. ``driver.log`` in it is the driver's own.
        :param on_exit: called once, from a thread, with the exit status (negative: the signal) when
            the driver ended without :meth:`stop`. By then its runs have ended as ``driver_lost``.
        """
        self._python = python
        self._folder = folder.absolute()
        self._environment = environment
        self._on_exit = on_exit
        self._name = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._runs: dict[int, NotebookRun] = {}
        self._last_number = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._stopping = False
        self._lost = threading.Event()

    @property
    def pid(self) -> int:
        """Process id of the driver; raises :class:`DriverFailed` before :meth:`start`."""
        if self._process is None:
            raise DriverFailed("the driver wasn't started")
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it takes runs; raises :class:`DriverFailed`."""
        if self._process is not None:
            raise DriverFailed("the driver was started before")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._channel, theirs = pair()
        try:
            self._process = self._spawn(theirs.fileno())
        except OSError as error:
            self._lost.set()
            self._channel.close()
            raise DriverFailed(f"can't start the driver with {self._python}: {error}") from None
        finally:
            theirs.close()
        limit = threading.Timer(START_LIMIT, self._process.kill)
        limit.start()
        ready = self._channel.receive()
        limit.cancel()
        if ready is None:
            process_family.kill(self._name)
            status = self._process.wait()
            self._lost.set()
            self._channel.close()
            raise DriverFailed(f"the driver ended with status {status}: {self._log()}")
        threading.Thread(target=self._watch, daemon=True, name=f"driver {self.pid}").start()

    def run(self, request: NotebookRequest) -> NotebookRun:
        """Start a run and return at once. Any number of runs go side by side."""
        with self._lock:
            self._last_number += 1
            number = self._last_number
            run = NotebookRun(lambda: self._cancel(number))
            self._runs[number] = run
        if not self._send({"order": "run", "number": number, "request": request.to_json()}):
            run.finish(self._lost_result())
        return run

    def stop(self) -> None:
        """End the driver and all it has started, and wait until that is done.

        Runs that were going on end as ``driver_lost``. Does nothing when the driver has ended.
        """
        self._stopping = True
        if self._process is None or self._channel is None:
            return
        process_family.kill(self._name)
        self._channel.shutdown()
        self._lost.wait()

    def _spawn(self, channel: int) -> subprocess.Popen[bytes]:
        arguments = ["driver", str(channel), str(self._folder), str(self._python)]
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        variables = {
            **_inherited(os.environ),
            pip_command.VARIABLE: pip_command.settings(os.environ),
            "HOME": str(home),
            **({"PYTHONUSERBASE": site.getuserbase()} if site.ENABLE_USER_SITE else {}),
            "MPLBACKEND": "Agg",  # nobody is there to look at a window
            **self._environment,
            "PYTHONUTF8": "1",
            process_family.VARIABLE: self._name,
        }
        with (self._folder / "driver.log").open("ab") as log:
            return subprocess.Popen(
                [str(self._python), bootstrap.__file__, *arguments],
                env=variables,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(channel,),
                start_new_session=True,
            )

    def _cancel(self, number: int) -> None:
        self._send({"order": "cancel", "number": number})

    def _send(self, message: Mapping[str, Any]) -> bool:
        if self._channel is None or self._lost.is_set():
            return False
        try:
            self._channel.send(message)
        except ChannelClosed:
            return False
        return True

    def _watch(self) -> None:
        """Receive results until the driver is gone; then make sure that all of it is."""
        if self._channel is None or self._process is None:
            return
        while (message := self._channel.receive()) is not None:
            with self._lock:
                run = self._runs.pop(int(message["number"]), None)
            if run is not None:
                run.finish(NotebookResult.from_json(message["result"]))
        process_family.kill(self._name)
        status = self._process.wait()
        with self._lock:
            self._lost.set()
            left, self._runs = list(self._runs.values()), {}
        for run in left:
            run.finish(self._lost_result())
        self._channel.close()
        if not self._stopping:
            self._on_exit(status)

    def _lost_result(self) -> NotebookResult:
        why = "was stopped" if self._stopping else "ended unexpectedly"
        return NotebookResult("driver_lost", error=f"The driver of the cluster {why}")

    def _log(self) -> str:
        text = (self._folder / "driver.log").read_text(encoding="utf-8", errors="replace")
        return text.strip()[-2000:] or "it wrote nothing to its log"


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name in _INHERITED
        or name.startswith(_INHERITED_BEGINNINGS)
        or name.endswith(_INHERITED_ENDINGS)
    }
