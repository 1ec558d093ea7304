"""One run's process, supervised: started, listened to, ended; what it did becomes a result."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.local import process_family
from modelyard.local.notebook import bootstrap
from modelyard.local.notebook.channel import Channel, ChannelClosed, pair
from modelyard.local.notebook.output import RunOutput
from modelyard.local.notebook.redaction import Redactor, secrets_in
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult
from modelyard.local.notebook.verdict import Ending, make_result, without_word

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL: time to close an MLflow run, not to go on."""
FAREWELL = 10.0
"""Seconds that the interpreter may take to end after the last cell (exit handlers, threads)."""


class RunProcess:
    """The process of one run. Its environment is a layer in ``folder``, deleted at the end."""

    def __init__(
        self,
        request: NotebookRequest,
        *,
        python: Path,
        folder: Path,
        work: Path,
        environment: Mapping[str, str],
        name: str,
        on_secret: Callable[[list[str]], None] | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        """:param work: current folder of the run, where the workspace has none for its notebook.
        :param environment: all variables of the process, those of the request included.
        :param name: of its family: see :mod:`modelyard.local.process_family`.
        """
        self._request = request
        self._python = python
        self._folder = folder
        self._work = work
        self._name = name
        self._nonce = secrets.token_hex(8)
        self._environment = {
            **environment,
            process_family.VARIABLE: name,
            "MODELYARD_ENVIRONMENT_PYTHON": str(python),
        }
        self._redactor = Redactor(secrets_in(environment))
        self._output = RunOutput(self._nonce, self._redactor, on_output)
        self._on_secret = on_secret
        self._cells: dict[int, dict[str, Any]] = {}
        self._finished: dict[str, Any] | None = None
        self._ending: Ending | None = None
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._relatives: set[int] = set()
        self._spawned = threading.Event()
        self._exited = threading.Event()
        self._result: NotebookResult | None = None
        self._done = threading.Event()
        self._started = time.time()

    def start(self, on_done: Callable[[NotebookResult], None] | None = None) -> None:
        """Start the process; ``on_done`` is called from a thread when all of it has ended."""
        thread = threading.Thread(target=self._supervise, args=(on_done,), daemon=True)
        thread.start()

    def wait(self, timeout: float | None = None) -> NotebookResult | None:
        """The result, or None when the run isn't over within ``timeout`` seconds."""
        self._done.wait(timeout)
        return self._result

    def end(self, how: Ending) -> None:
        """End the run and all it started. A second call does nothing.

        SIGTERM goes to the notebook's own process only: if its shells ended first, it would see
        that as a result of theirs and go on. Whatever is left is killed.
        """
        with self._lock:
            if self._ending is not None or self._finished is not None or self._exited.is_set():
                return
            self._ending = how
        threading.Thread(target=self._terminate, daemon=True).start()

    def _terminate(self) -> None:
        self._spawned.wait()  # the end can be asked for before there is a process
        self._relatives = process_family.living(self._name)
        if self._process is not None:
            self._process.terminate()
        if not self._exited.wait(GRACE):
            process_family.kill(self._name)

    def _supervise(self, on_done: Callable[[NotebookResult], None] | None) -> None:
        try:
            status = self._run()
            result = self._make_result(status)
        except Exception as error:  # noqa: BLE001 - whoever waits for the run must hear of it
            result = NotebookResult(
                "failed", error=f"the Python process of the run can't be started: {error}"
            )
        finally:
            self._exited.set()
            self._spawned.set()
            shutil.rmtree(self._folder, ignore_errors=True)
        self._result = result
        self._done.set()
        if on_done is not None:
            on_done(result)

    def _run(self) -> int:
        """The life of the process; returns its exit status."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._work.mkdir(parents=True, exist_ok=True)
        channel, theirs = pair()
        reading, writing = os.pipe()
        try:
            process = self._process = self._spawn(theirs.fileno(), writing)
        except OSError:
            channel.close()
            os.close(reading)
            raise
        finally:
            theirs.close()
            os.close(writing)
        self._spawned.set()
        readers = [
            threading.Thread(target=self._read_output, args=(reading,), daemon=True),
            threading.Thread(target=self._listen, args=(channel,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        timer = self._timer()
        with contextlib.suppress(ChannelClosed):  # has ended already: its status tells
            channel.send({"request": self._request.to_json(), "nonce": self._nonce})
        status = process.wait()
        self._exited.set()
        if timer is not None:
            timer.cancel()
        # What it left running in the background would hold the pipe open, and outlive the run.
        process_family.kill(self._name, self._relatives)
        for reader in readers:
            reader.join(FAREWELL)
        channel.close()
        return status

    def _spawn(self, channel: int, output: int) -> subprocess.Popen[bytes]:
        layer = str(self._folder / "environment")
        command = [str(self._python), bootstrap.__file__, "overlay", layer, "run", str(channel)]
        return subprocess.Popen(
            command,
            env=self._environment,
            cwd=self._work,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(channel,),
            start_new_session=True,
        )

    def _timer(self) -> threading.Timer | None:
        if not self._request.timeout_seconds:
            return None
        timer = threading.Timer(self._request.timeout_seconds, self.end, ("timed_out",))
        timer.daemon = True
        timer.start()
        return timer

    def _read_output(self, reading: int) -> None:
        with os.fdopen(reading, "rb", buffering=0) as stream:
            while block := stream.read(65536):
                self._output.feed(block)
        self._output.feed(b"", final=True)

    def _listen(self, channel: Channel) -> None:
        while (message := channel.receive()) is not None:
            event = message["event"]
            if event == "secret":
                self._redactor.add(message["values"])
                if self._on_secret is not None:
                    self._on_secret(message["values"])
                try:
                    channel.send({"known": message["number"]})
                except ChannelClosed:
                    return
            elif event == "cells":
                self._cells = {cell["index"]: cell for cell in message["cells"]}
            elif event == "cell":
                self._cells[message["cell"]["index"]].update(message["cell"])
            elif event == "finished":
                with self._lock:
                    # Asked to end, a notebook fails somewhere, or a shell cell of it "succeeds"
                    # because its shell was ended: neither is its result.
                    if self._ending is None:
                        self._finished = message["result"]
                # Now, while the process is there to be known as their parent.
                self._relatives = process_family.living(self._name)
                threading.Thread(target=self._see_off, daemon=True).start()

    def _see_off(self) -> None:
        """The run is over; its process should be soon."""
        if not self._exited.wait(FAREWELL):
            process_family.kill(self._name)

    def _make_result(self, status: int) -> NotebookResult:
        cell = self._output.cell or None
        facts = self._finished or without_word(self._request, self._ending, status, cell)
        return make_result(
            facts,
            self._cells.values(),
            self._output,
            self._redactor,
            seconds=time.time() - self._started,
        )
