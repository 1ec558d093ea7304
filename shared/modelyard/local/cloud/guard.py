"""``python guard.py FD COMMAND...``: become COMMAND, which is killed when the pipe FD closes.

The cloud holds the other end of the pipe. The system closes that when the cloud ends, however it
ends; a watcher, which belongs to the command's process group, then kills the whole group. (Linux
can signal a child when its parent dies, but means the parent's thread, and a cloud starts children
from threads that end.) Started by its path: imports nothing but the standard library.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str]) -> NoReturn:
    lifeline, command = int(arguments[0]), arguments[1:]
    between = os.fork()
    if between == 0:
        # Not a child of the command, which may wait for each child that it has.
        if os.fork() == 0:
            _watch(lifeline)
        os._exit(0)
    os.waitpid(between, 0)
    os.close(lifeline)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and so would the command
    try:
        os.execv(command[0], [*command])  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{command[0]} can't be started: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(127)


def _watch(lifeline: int) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the command may choose not to end by them
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.read(lifeline, 1)  # nobody writes: it returns when the other end is closed
    os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
