"""Starting and stopping a cloud from the command line: here, or in the background."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from modelyard.local.cloud.cloud import SERVICES, LocalCloud
from modelyard.local.cloud.commands.neighbours import noted
from modelyard.local.cloud.commands.presentation import describe
from modelyard.local.cloud.environment import without_real_world
from modelyard.local.cloud.exceptions import AlreadyRunning, PortInUse, StartFailed
from modelyard.local.cloud.expanding import Expand
from modelyard.local.cloud.processes import CHILDREN, end_leftovers, start_time, wait_until_gone
from modelyard.local.cloud.running import Running, claimed_by, last_port, prepare, running

START_SECONDS = 120.0
"""How long a cloud in the background may take to answer; mlflow's server is slow to start."""
STOP_SECONDS = 60.0
"""After that a cloud that was asked to stop is killed."""


def up(
    folder: Path,
    port: int | None,
    services: Sequence[str],
    expand: Expand,
    *,
    attached: bool = False,
) -> None:
    """Run a cloud in this process until Ctrl-C or SIGTERM.

    Without a port: the one this state folder had last, so that shells and notebooks that know it
    go on working, else a free one.

    :param expand: expands the YAML of pipelines.
    :param attached: until standard input ends too, the other end of which somebody holds.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    with _until_signalled() as stop, noted(folder, os.environ):
        if attached:
            threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
        cloud = _started(folder, port, services, expand)
        try:
            sys.stdout.write(
                f"{describe(cloud.status())}\n\n"
                "Run a program in it:  modelyard local exec -- COMMAND\n"
                "Stop it:              Ctrl-C, or modelyard local down\n"
            )
            sys.stdout.flush()
            stop.wait()
        finally:
            cloud.stop()


def up_detached(
    folder: Path,
    port: int | None,
    services: Sequence[str] = SERVICES,
    *,
    attached: bool = False,
) -> Running:
    """Start a cloud in the background; returns when it answers.

    :param attached: it ends with this process at the latest, however that ends.

    Raises AlreadyRunning, or StartFailed with what the cloud said.
    """
    if claimed_by(folder) is not None:
        raise AlreadyRunning(folder)
    prepare(folder)
    log = folder / "cloud.log"
    command = [sys.executable, "-m", "modelyard", "local", "up", "--state", str(folder)]
    command += ["--services", ",".join(services)]
    command += [] if port is None else ["--port", str(port)]
    command += ["--attached"] if attached else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=without_real_world(os.environ),
            # Python looks for modules in the folder where it starts: not in the user's, where a
            # file may be called like one of the cloud's modules.
            cwd=folder,
            start_new_session=True,
        )
    # Should this process outlive it, somebody has to take notice of its end. The thread also keeps
    # the process's input open, which the system closes with this process.
    threading.Thread(target=process.wait, daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = running(folder)
        if found is not None and found.pid == process.pid:
            return found
        if process.poll() is not None:
            raise StartFailed(log, log.read_text(errors="replace"))
        time.sleep(0.05)
    _end(process.pid, folder)
    raise StartFailed(log, "")


def _wait_for_end_of_input(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


def down(folder: Path) -> int | None:
    """Stop the cloud of a state folder and wait for its end; its process id, or None when there
    was none. What it has left running, had it been killed, is ended too."""
    pid = claimed_by(folder)
    if pid is not None:
        started = start_time(pid)
        _end(pid, folder)
        if started is not None:
            wait_until_gone(pid, started)  # it gives up the folder a moment before it ends
    end_leftovers(folder / CHILDREN)
    return pid


def _started(folder: Path, port: int | None, services: Sequence[str], expand: Expand) -> LocalCloud:
    wanted = last_port(folder) if port is None else port
    cloud = LocalCloud(folder, wanted, services=services, expand=expand)
    try:
        cloud.start()
    except PortInUse:
        if port is not None:
            raise
        cloud = LocalCloud(folder, services=services, expand=expand)
        cloud.start()
    return cloud


def _end(pid: int, folder: Path) -> None:
    """The lock tells when it's over: the process id may belong to somebody else by then."""
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
        if claimed_by(folder) != pid:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while claimed_by(folder) == pid and time.monotonic() < deadline:
            time.sleep(0.05)


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C, SIGTERM and the end of the terminal."""
    stop = threading.Event()

    def handle(_: int, __: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
