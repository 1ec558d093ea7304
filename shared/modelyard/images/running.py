"""A running image, whatever runs it, and waiting until it serves."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import requests

from modelyard.clock import Clock
from modelyard.errors import DeploymentFailed, WaitTimeout
from modelyard.log_ends import indented
from modelyard.waiting import Observation, Pace, wait

log = logging.getLogger(__name__)

LOG_BYTES = 64 * 1024
"""How much of the end of a log is read."""
READY_TIMEOUT = 180.0
_ANSWER_TIMEOUT = (2.0, 10.0)


@dataclass(frozen=True)
class Settings:
    """How an image is run."""

    name: str
    """Of the container; unique on this machine."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """On top of what the image sets."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the container: they tell whose it is."""
    memory_mb: int | None = None
    cpus: float | None = None
    """Of a container; a process takes what it gets."""


class Running(Protocol):
    """A server that was started from an image. It listens on the loopback only."""

    url: str
    """``http://127.0.0.1:PORT``"""
    identity: str
    """``docker 3f2a..`` or ``process 4711``: for messages."""

    def alive(self) -> bool:
        """Whether it runs."""
        ...

    def logs(self, most: int = LOG_BYTES) -> str:
        """The end of what it printed, both streams; also after it ended."""
        ...

    def stop(self) -> None:
        """Stop it and remove what it leaves. Safe to call twice."""
        ...


def wait_until_ready(
    running: Running,
    *,
    clock: Clock,
    timeout: float = READY_TIMEOUT,
    path: str = "/ping",
    what: str = "the scoring server",
) -> None:
    """Wait until it answers 200.

    :param timeout: seconds.
    :raises DeploymentFailed: with the end of its log, when it ends or the time is over.
    """

    def probe() -> Observation[None]:
        alive = running.alive()
        status = _status(running.url + path)
        if status == 200 and alive:
            return Observation("ready", True, None)
        if not alive:
            raise DeploymentFailed(
                f"{what} ended before it served\n{indented(running.logs())}",
                cause="see the end of its log above",
            )
        return Observation("starting", False, None, f"HTTP {status}" if status else "")

    try:
        wait(what, probe, clock=clock, timeout=timeout, pace=Pace(0.2, 1.3, 2.0))
    except WaitTimeout as error:
        raise DeploymentFailed(
            f"{error.what}\n{indented(running.logs())}",
            cause=f"GET {path} didn't answer 200",
        ) from None


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_of_file(path: Path, most: int) -> str:
    """The last bytes of a file as text; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - most))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _status(url: str) -> int:
    """The HTTP status; 0 when nobody answers."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy leads to the loopback
        try:
            with session.get(
                url, timeout=_ANSWER_TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code
        except requests.RequestException:
            return 0
