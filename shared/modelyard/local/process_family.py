"""Finding and ending everything that a driver or a run has started.

A process group isn't enough: a notebook can start daemons in sessions of their own, and after
``kill -9`` of a driver its descendants belong to init. So every process of the runtime starts with
the variable MODELYARD_PROCESS: the names of the driver, the run, the run that run started, joined
with ``/``. Children inherit it. A family is who has a name or one that continues it, and the
descendants of those (a child may have cleared its environment). On macOS the variables of the
system's own programs can't be read: there such a program is found as a descendant only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

VARIABLE = "MODELYARD_PROCESS"


@dataclass(frozen=True)
class Process:
    """A running process (not a zombie)."""

    pid: int
    parent: int
    name: str
    """Its MODELYARD_PROCESS; empty: none, or not ours to read."""


def new_name(environment: Mapping[str, str], kind: str) -> str:
    """A name of a new family of some kind, within the family of who has this environment."""
    above = environment.get(VARIABLE, "")
    return "/".join(filter(None, (above, f"{kind}-{secrets.token_hex(8)}")))


def members(name: str, processes: Iterable[Process], known: Set[int] = frozenset()) -> set[int]:
    """Process ids of the family ``name``, and of the ``known`` ones with their descendants."""
    everyone = list(processes)
    family = {
        p.pid for p in everyone if p.pid in known or p.name == name or p.name.startswith(name + "/")
    }
    while True:
        more = {p.pid for p in everyone if p.parent in family} - family
        if not more:
            return family
        family |= more


def living(name: str, known: Set[int] = frozenset()) -> set[int]:
    """Process ids of the family that run now, without this process."""
    return members(name, _processes(), known) - {os.getpid()}


def kill(name: str, known: Set[int] = frozenset(), *, patience: float = 10.0) -> None:
    """SIGKILL until nobody of the family is left, however fast it forks; at most ``patience`` s.

    :param known: who was found to belong to it shortly before, when whoever started them was alive.
    """
    deadline = time.monotonic() + patience
    pause = 0.005
    while (family := living(name, known)) and time.monotonic() < deadline:
        known = known | family  # with their parents dead, some could not be told any more
        for pid in family:
            # It has ended meanwhile; or it is a set-uid program, which isn't ours to end.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 2, 0.1)


def _processes() -> Iterator[Process]:
    if Path("/proc/self/stat").exists():
        return _from_proc()
    # -E shows the environment after the command (macOS).
    listing = subprocess.run(
        ["ps", "-axwwE", "-o", "pid=,ppid=,state=,command="],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        errors="replace",
    )
    return from_ps(listing.stdout)


def _from_proc() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # "pid (command) state ppid ...": the command may contain blanks and parentheses.
            state, parent = (
                (folder / "stat").read_text(errors="replace").rpartition(")")[2].split(None, 2)[:2]
            )
        except OSError:
            continue
        if state not in ("Z", "X"):
            yield Process(int(folder.name), int(parent), _name_in(folder / "environ"))


def _name_in(environ: Path) -> str:
    try:
        content = environ.read_bytes()
    except OSError:
        return ""
    prefix = f"{VARIABLE}=".encode()
    for entry in content.split(b"\0"):
        if entry.startswith(prefix):
            return entry[len(prefix) :].decode(errors="replace")
    return ""


def from_ps(listing: str) -> Iterator[Process]:
    """The processes in what ``ps -o pid=,ppid=,state=,command=`` printed, without zombies."""
    for line in listing.splitlines():
        columns = line.split(None, 3)
        if len(columns) < 3 or columns[2].startswith("Z"):
            continue
        words = columns[3].split() if len(columns) > 3 else []
        names = [word for word in words if word.startswith(f"{VARIABLE}=")]
        name = names[-1].partition("=")[2] if names else ""
        yield Process(int(columns[0]), int(columns[1]), name)


def end_all(name: str) -> NoReturn:
    """End the family ``name``, then this process with its process group."""
    kill(name, patience=2.0)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable: SIGKILL can't be caught")
