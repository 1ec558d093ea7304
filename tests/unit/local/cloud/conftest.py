"""A cloud's state without a server: what services are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.credentials import WORKSPACE_HOST
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.store import Store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cloud(tmp_path: Path, clock: FakeClock) -> Iterator[Cloud]:
    store = Store(tmp_path / "state.sqlite")
    yield Cloud("http://127.0.0.1:1", tmp_path, store, clock, WORKSPACE_HOST, {})
    store.close()
