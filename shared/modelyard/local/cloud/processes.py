"""Child processes of a cloud: they end with it, also when it was killed.

Each child is the leader of a session of its own, so what it starts ends with it. Its group is
killed when a pipe closes that the cloud holds (see :mod:`.guard`). It is also written down in the
state folder with the time it started: should anything be left behind all the same, the next cloud
finds it, and doesn't mistake a process that got the same id later for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.cloud import guard

CHILDREN = "children"
"""The folder, in the state folder, where the children of all services are written down."""

STOP_SECONDS = 5.0
"""How long a child may take to end by itself before it is killed."""


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    lifeline: int
    """This cloud's end of the pipe; a file descriptor."""


class Children:
    """The child processes of one service of the cloud with this state folder."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder / CHILDREN
        self._lock = threading.Lock()
        self._running: dict[int, _Child] = {}

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program; what it prints is appended to ``log``. Raises OSError."""
        self._forget_ended()
        program = shutil.which(str(command[0]), path=environment.get("PATH", os.defpath))
        if program is None:
            raise FileNotFoundError(f"{command[0]} is not there, or not a program")
        # -I and -S: the child's own variables mustn't change how the guard starts.
        guarded = [sys.executable, "-I", "-S", guard.__file__]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        theirs, ours = os.pipe()  # neither is inherited, but for pass_fds
        try:
            with log.open("ab") as output:
                child = subprocess.Popen(
                    [*guarded, str(theirs), Path(program).absolute(), *map(str, command[1:])],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    cwd=cwd,
                    start_new_session=True,
                    pass_fds=(theirs,),
                )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        with self._lock:
            self._running[child.pid] = _Child(child, ours)
        record = {"pid": child.pid, "started": start_time(child.pid)}
        (self._folder / f"{child.pid}.json").write_text(json.dumps(record))
        return child

    def stop(self, child: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
        """End a child and what it has started; returns when it is gone."""
        with self._lock:
            known = self._running.get(child.pid)
        if known is None or known.process is not child:
            return  # stopped before; its number may be another process's by now
        _signal(child.pid, signal.SIGTERM)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal(child.pid, signal.SIGKILL)  # also those of its group that didn't listen
            child.wait()
        with self._lock:
            if self._running.pop(child.pid, None) is not None:
                os.close(known.lifeline)
        (self._folder / f"{child.pid}.json").unlink(missing_ok=True)

    def stop_all(self) -> None:
        with self._lock:
            children = [child.process for child in self._running.values()]
        for child in children:
            _signal(child.pid, signal.SIGTERM)  # all at once; then wait for each
        for child in children:
            self.stop(child)

    def _forget_ended(self) -> None:
        """Who ended by itself may have left something running, its watcher at least."""
        with self._lock:
            ended = [c.process for c in self._running.values() if c.process.poll() is not None]
        for child in ended:
            self.stop(child)


def end_leftovers(folder: Path) -> int:
    """Kill what a cloud that is gone has left running; says how many there were."""
    found = 0
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text())
            pid, started = int(record["pid"]), record["started"]
        except (ValueError, KeyError, TypeError):
            path.unlink()  # half written: the machine went down with it
            continue
        if started is not None and start_time(pid) == started:
            found += 1
            _signal(pid, signal.SIGKILL)
            wait_until_gone(pid, started)
        path.unlink(missing_ok=True)
    return found


def start_time(pid: int) -> str | None:
    """When a process started, in the system's own form; None when there is no such process."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *rest = stat.rpartition(")")[2].split()  # the name before it may hold anything
        return None if state == "Z" else rest[18]
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def wait_until_gone(pid: int, started: str) -> None:
    """Wait a few seconds for the end of the process that ``start_time`` told this of."""
    deadline = time.monotonic() + STOP_SECONDS
    while start_time(pid) == started and time.monotonic() < deadline:
        time.sleep(0.02)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
