"""A task's process: its output line by line as it comes, and its end.

Source: the agent's ``ProcessInvoker.cs``. As there, a cancelled process gets SIGINT, some seconds
later SIGTERM, and is killed at last; the signals go to it alone. What it has started lives on, and
ends with its job; where it was cancelled, its process group ends with it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelyard.local.runner.output_lines import Line, Lines
from modelyard.local.runner.variables import may_be_variable

_CHUNK = 65536
_LOOK = 0.1
"""Seconds between two looks at whether the process has ended or shall be cancelled."""


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    interrupt: float = 7.5
    """After SIGINT, until SIGTERM (the agent's ``PROCESS_SIGINT_TIMEOUT``)."""
    terminate: float = 2.5
    """After SIGTERM, until it is killed (``PROCESS_SIGTERM_TIMEOUT``)."""
    streams: float = 5.0
    """After its end, until nobody waits any longer for others that hold its output."""


class NotStarted(Exception):
    """The program can't be started; the message says why, for the user."""


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    take: Callable[[Line], None],
    cancelled: Callable[[], bool],
    finished: Callable[[], bool] = lambda: False,
    patience: Patience | None = None,
) -> int:
    """Run it to its end.

    :param take: called in this thread with each line of both streams, in the order they come.
    :param cancelled: asked several times a second; true: it is ended.
    :param finished: asked now and then; true: it isn't waited for any longer.
    :returns: the exit code; 128 and the signal's number where one ended it, as the agent's .NET
        and a shell have it.
    :raises NotStarted: when the program can't be started.
    """
    patience = patience or Patience()
    process = _start(command, environment, folder)
    assert process.stdout is not None
    assert process.stderr is not None
    ending = _Ending(process, cancelled, patience)
    try:
        _read((process.stdout, process.stderr), take, lambda: ending.is_over() or finished())
        code = _wait(process, ending, finished)
        return 128 - code if code < 0 else code
    finally:
        if process.poll() is None or ending.has_begun:
            with suppress(ProcessLookupError, PermissionError):  # nobody of its group is left
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


def _start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except ValueError as error:
        bad = [name for name, value in environment.items() if not may_be_variable(name, value)]
        why = f"no process can have the variable {bad[0]!r}" if bad else str(error)
        raise NotStarted(f"{command[0]} can't be started: {why}") from error
    except OSError as error:
        why = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        raise NotStarted(f"{command[0]} can't be started: {why}") from error


class _Ending:
    """What has been done to end the process, and when the next step is due."""

    def __init__(
        self, process: subprocess.Popen[bytes], cancelled: Callable[[], bool], patience: Patience
    ) -> None:
        self._process = process
        self._cancelled = cancelled
        self.patience = patience
        self._signals = [
            (signal.SIGINT, patience.interrupt),
            (signal.SIGTERM, patience.terminate),
            (signal.SIGKILL, float("inf")),
        ]
        self._due = 0.0
        self._ended = 0.0
        self.has_begun = False

    def is_over(self) -> bool:
        """Whether the output needs no more reading; sends the next signal when it is due."""
        now = time.monotonic()
        if self._process.poll() is not None:
            self._ended = self._ended or now
            return now - self._ended > self.patience.streams
        if self._cancelled() and self._signals and now >= self._due:
            number, seconds = self._signals.pop(0)
            self._process.send_signal(number)
            self.has_begun = True
            self._due = now + seconds
        return False


def _read(
    streams: Sequence[IO[bytes]], take: Callable[[Line], None], is_over: Callable[[], bool]
) -> None:
    lines = {stream.fileno(): Lines() for stream in streams}
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and not is_over():
            for key, _ in selector.select(_LOOK):
                chunk = os.read(key.fd, _CHUNK)
                for line in lines[key.fd].feed(chunk):
                    take(line)
                if not chunk:
                    selector.unregister(key.fileobj)
    for unfinished in lines.values():
        for line in unfinished.rest():
            take(line)


def _wait(process: subprocess.Popen[bytes], ending: _Ending, finished: Callable[[], bool]) -> int:
    """Both streams are closed, or nobody waits for them any longer."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(ending.patience.streams if finished() else _LOOK)
        if finished():
            process.kill()
        ending.is_over()
