"""The end of a run that is killed: its processes and its private folders go with it.

A run can't notice ``kill -9``. A process beside it holds one end of a pipe, which the system closes
however the run ends; a run that ends by itself says so first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from modelyard.local import process_family
from modelyard.local.own_program import own_program

_OVER = b"."


def beginning(kind: str) -> str:
    """What the names of this process's private folders begin with: ``modelyard-run-123-``."""
    return f"modelyard-{kind}-{os.getpid()}-"


@contextlib.contextmanager
def watched(environment: Mapping[str, str], kind: str) -> Iterator[dict[str, str]]:
    """For the time of a run: the environment for all that it starts.

    :param environment: what it would be otherwise.
    :param kind: of the run, as :func:`beginning` has it.
    """
    family = process_family.new_name(environment, kind)
    theirs, ours = os.pipe()  # neither is inherited, but for pass_fds
    command = own_program("watcher")
    folders = str(Path(tempfile.gettempdir()).resolve() / beginning(kind))
    try:
        process = subprocess.Popen(
            [*command, str(theirs), family, folders],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            pass_fds=(theirs,),
            start_new_session=True,  # Ctrl-C is not for it
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    try:
        yield {**environment, process_family.VARIABLE: family}
    finally:
        with contextlib.suppress(BrokenPipeError):  # somebody has killed it
            os.write(ours, _OVER)
        os.close(ours)
        process.wait()


def main() -> int:
    """``FD FAMILY BEGINNING``: wait for the end of the run; returns the exit code."""
    line, family, folders = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.read(int(line), 1) == _OVER:
        return 0
    process_family.kill(family)
    start = Path(folders)
    for folder in start.parent.glob(f"{start.name}*"):
        shutil.rmtree(folder, ignore_errors=True)
    return 0
