"""The workspace service, with a clock that a test sets and drivers that a test plays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from databricks_service import Workspace
from fake_drivers import Stage
from modelyard.clock import FakeClock


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock, stage: Stage) -> Iterator[Workspace]:
    running = Workspace(tmp_path / "state", clock, stage)
    yield running
    running.stop()
