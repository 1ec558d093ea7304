"""Environments of packages: each is made once, whoever asks for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from modelyard.local.cloud.aml.packages import Environments, Packages


class Builds:
    """Takes the place of child processes: notes what is run, and takes a moment for it."""

    def __init__(self) -> None:
        self.commands: list[Sequence[Any]] = []
        self.both = threading.Barrier(2)

    def start(self, command: Sequence[Any], **_: Any) -> Any:
        self.commands.append(command)
        # Where two build at once, they meet here; where one waits for the other, nobody comes.
        try:
            self.both.wait(timeout=0.3)
        except threading.BrokenBarrierError:
            self.both.reset()
        return SimpleNamespace(wait=lambda: 0)


def test_jobs_and_services_that_want_the_same_make_it_once(tmp_path: Path) -> None:
    builds, cloud = Builds(), SimpleNamespace(folder=tmp_path)
    packages = Packages("", ("wheel==0.43",))
    of_jobs, of_services = (Environments(cloud, builds) for _ in range(2))  # type: ignore[arg-type]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.interpreter(packages), [of_jobs, of_services]))
    assert found == [tmp_path / "aml" / "environments" / packages.key / "bin" / "python"] * 2
    assert len(builds.commands) == 2, "one venv and one installation"
