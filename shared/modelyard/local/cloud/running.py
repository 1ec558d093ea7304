"""Which cloud runs in a state folder.

A running cloud holds a lock on ``lock``. The system drops it when the process ends, however it
ends, so a process id that is left behind or used again by another program can't mislead anybody.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from modelyard.local.cloud.authority import write_private
from modelyard.local.cloud.exceptions import AlreadyRunning, NotAStateFolder, StateNotWritable
from modelyard.local.cloud.processes import start_time

WAIT_SECONDS = 1.0
"""Whoever only looks holds the lock for a moment: a cloud that starts waits that long for it.
Whoever looks waits that long for the process id, which is written just after locking."""


@dataclass(frozen=True)
class Running:
    """A cloud that answers requests."""

    pid: int
    url: str


class Claim:
    """The right of this process to a state folder.

    Raises AlreadyRunning, StateNotWritable, or NotAStateFolder for a folder with other things.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        prepare(folder)
        self._lock = (folder / "lock").open("a")
        if not _lock(self._lock, fcntl.LOCK_EX, WAIT_SECONDS):
            self._lock.close()
            raise AlreadyRunning(folder)
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()} {start_time(os.getpid())}\n")
        self._lock.flush()
        (folder / "cloud.json").unlink(missing_ok=True)

    def announce(self, url: str) -> None:
        """The cloud answers from now on."""
        document = json.dumps(asdict(Running(os.getpid(), url)))
        write_private(self._folder / "cloud.json", document.encode())
        # What the next start reads, to answer on the same port again.
        (self._folder / "last-port").write_text(url.rpartition(":")[2])

    def close(self) -> None:
        """Give it up."""
        (self._folder / "cloud.json").unlink(missing_ok=True)
        self._lock.close()


def prepare(folder: Path) -> None:
    """Make a state folder, for its owner alone, or see that this one is.

    Raises StateNotWritable, or NotAStateFolder for a folder with other things.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / "lock").exists():
            raise NotAStateFolder(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / "lock").touch(mode=0o600)
        (folder / ".gitignore").write_text("# throw-away credentials\n*\n")
    except OSError as error:
        raise StateNotWritable(folder, error) from error


def claimed_by(folder: Path) -> int | None:
    """Process id of the cloud that runs, starts or stops in this folder."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with (folder / "lock").open("r") as lock:
                if _lock(lock, fcntl.LOCK_SH, 0):
                    return None
                pid, _, started = lock.read().strip().partition(" ")
        except (FileNotFoundError, NotADirectoryError):
            return None
        if pid and started == str(start_time(int(pid))):
            return int(pid)
        if time.monotonic() >= deadline:
            return None  # a look from somewhere else, not a cloud
        time.sleep(0.02)


def running(folder: Path) -> Running | None:
    """The cloud that answers with the state in ``folder``."""
    if claimed_by(folder) is None:
        return None
    try:
        return Running(**json.loads((folder / "cloud.json").read_text()))
    except FileNotFoundError:
        return None  # it starts or stops just now


def last_port(folder: Path) -> int:
    """The port that the last cloud of this folder had; 0 when there was none."""
    try:
        return int((folder / "last-port").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return 0


def _lock(file: IO[str], kind: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _try_lock(file, kind):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
