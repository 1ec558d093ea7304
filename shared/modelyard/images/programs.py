"""Running a program to its end: its output in the log, a deadline, nothing left behind."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelyard.errors import ImageFailed, MissingTool

log = logging.getLogger(__name__)

KEPT_LINES = 2000
SHOWN_LINES = 30
_CHUNK = 8192


@dataclass(frozen=True)
class Finished:
    """What a program left."""

    code: int
    stdout: str
    """All of it; programs that are run here answer with little."""
    tail: str
    """The last lines of both streams, for messages."""


def find(name: str, what_for: str) -> str:
    """The program's full path.

    :raises MissingTool: when it isn't on PATH.
    """
    path = shutil.which(name)
    if path is None:
        raise MissingTool(f"the program {name} isn't on PATH", cause=f"it is needed to {what_for}")
    return path


def run(
    command: Sequence[str],
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Finished:
    """Run it, whatever its exit code. Its output goes to the log while it runs.

    :param timeout: seconds; then it is killed, and all that it started in its group.
    :param environment: the whole environment; this process's own when None.
    :raises ImageFailed: when the time is over.
    """
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    stdout: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    readers = [
        threading.Thread(target=_read, args=(process.stdout, tail, stdout), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, tail, None), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise ImageFailed(
            f"{Path(command[0]).name} {command[1]} took longer than {timeout:.0f} s\n"
            + last_lines(tail)
        ) from None
    finally:
        # Also when a signal interrupts the wait: the program must not outlive this one.
        kill_group(process)
        for reader in readers:
            reader.join(5)
        process.stdout.close()
        process.stderr.close()
    return Finished(code, "".join(stdout), last_lines(tail))


def check(
    command: Sequence[str],
    what: str,
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    fix: str = "",
) -> str:
    """Run it and return its standard output.

    :param what: what it was to do, for the message (``build the image``).
    :raises ImageFailed: when its exit code isn't 0, with the end of its output.
    """
    finished = run(command, timeout=timeout, environment=environment, folder=folder)
    if finished.code:
        name = Path(command[0]).name
        raise ImageFailed(
            f"{name} could not {what} (exit code {finished.code})\n{finished.tail}", fix=fix
        )
    return finished.stdout


def last_lines(lines: Sequence[str], most: int = SHOWN_LINES) -> str:
    """The end of an output, indented for a message."""
    return "\n".join(f"    {line.rstrip()}" for line in list(lines)[-most:] if line.strip())


def kill_group(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own group, with all that is in the group; reap it."""
    with suppress(ProcessLookupError, PermissionError):  # the whole group has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(stream: IO[str], tail: deque[str], whole: list[str] | None) -> None:
    for line in stream:
        log.debug("%s", line.rstrip())
        tail.append(line)
        if whole is not None:
            whole.append(line)
