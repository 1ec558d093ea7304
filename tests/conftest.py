"""For every test: nothing that a test started may outlive the tests."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import settings

# A loaded machine is slow; that is no fault of the code under test.
settings.register_profile("modelyard", deadline=None)
settings.load_profile("modelyard")

_MARK = "MODELYARD_TEST_RUN"


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail the session when a process that carries this run's mark is alive at its end."""
    mark = uuid.uuid4().hex
    os.environ[_MARK] = mark
    yield
    deadline = time.monotonic() + 15
    while (left := _marked(mark)) and time.monotonic() < deadline:
        psutil.wait_procs(left, timeout=0.5)
    assert not left, f"left running: {[' '.join(process.cmdline()) for process in left]}"


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(_MARK) == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
