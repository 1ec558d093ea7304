"""Running a program to its end: its output in the log, a deadline, nothing left behind."""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelyard.errors import ImageFailed, MissingTool
from modelyard.process_groups import kill_group

log = logging.getLogger(__name__)

KEPT_LINES = 2000
SHOWN_LINES = 30
LONGEST_LINE = 1 << 16
"""Characters of a line. What is beyond isn't kept: a program may print what it likes, and the
memory of an agent is small."""
LONGEST_ANSWER = 1 << 22
"""Characters of standard output, from its end."""


@dataclass(frozen=True)
class Finished:
    """What a program left."""

    code: int
    stdout: str
    """All of it up to LONGEST_ANSWER; programs that are run here answer with little."""
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
    stdout: deque[str] = deque()
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


def _read(stream: IO[str], tail: deque[str], answer: deque[str] | None) -> None:
    length = 0
    for line in lines(stream):
        log.debug("%s", line.rstrip())
        tail.append(line)
        if answer is not None:
            answer.append(line)
            length += len(line)
            while length > LONGEST_ANSWER:
                length -= len(answer.popleft())


def lines(stream: IO[str]) -> Iterator[str]:
    """The lines of a stream, each cut to LONGEST_LINE.

    Cut, not split: a secret that is split in two isn't recognised, and so not masked.
    """
    while line := stream.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith("\n"):
            yield line
            continue
        more = 0
        while piece := stream.readline(LONGEST_LINE):
            more += len(piece.rstrip("\n"))
            if piece.endswith("\n"):
                break
        yield f"{line} [{more} more characters]\n" if more else f"{line}\n"
