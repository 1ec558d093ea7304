"""Child processes of a cloud: they end with it, also when it was killed.

Each child is the leader of a session of its own, so what it starts ends with it. It is written
down in the state folder with the time it started: what a killed cloud has left behind is found
again, and a process that got the same id later is not mistaken for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CHILDREN = "children"
"""The folder, in the state folder, where the children of all services are written down."""

STOP_SECONDS = 5.0
"""How long a child may take to end by itself before it is killed."""


class Children:
    """The child processes of one service of the cloud with this state folder."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder / CHILDREN
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program; what it prints is appended to ``log``. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("ab") as output:
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
            )
        with self._lock:
            self._running[child.pid] = child
        record = {"pid": child.pid, "started": start_time(child.pid)}
        (self._folder / f"{child.pid}.json").write_text(json.dumps(record))
        return child

    def stop(self, child: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
        """End a child and what it has started; returns when it is gone."""
        _signal(child.pid, signal.SIGTERM)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal(child.pid, signal.SIGKILL)  # also those of its group that didn't listen
            child.wait()
        with self._lock:
            self._running.pop(child.pid, None)
        (self._folder / f"{child.pid}.json").unlink(missing_ok=True)

    def stop_all(self) -> None:
        with self._lock:
            children = list(self._running.values())
        for child in children:
            _signal(child.pid, signal.SIGTERM)  # all at once; then wait for each
        for child in children:
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
            _wait_until_gone(pid, started)
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


def _wait_until_gone(pid: int, started: str) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while start_time(pid) == started and time.monotonic() < deadline:
        time.sleep(0.02)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
