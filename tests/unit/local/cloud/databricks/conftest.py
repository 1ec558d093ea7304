"""The workspace service, with a clock that a test sets and drivers that a test plays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from databricks_service import Workspace
from fake_drivers import Stage
from modelyard.clock import FakeClock
from modelyard.local.cloud import signing


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> rsa.RSAPrivateKey:
    return signing.load_or_create(tmp_path_factory.mktemp("entra"))


@pytest.fixture(autouse=True)
def one_signing_key(monkeypatch: pytest.MonkeyPatch, signing_key: rsa.RSAPrivateKey) -> None:
    """Making a key takes longer than most tests, and none of them has a signed token."""
    monkeypatch.setattr(signing, "load_or_create", lambda _: signing_key)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock, stage: Stage) -> Iterator[Workspace]:
    running = Workspace(tmp_path / "state", clock, stage)
    yield running
    running.stop()
