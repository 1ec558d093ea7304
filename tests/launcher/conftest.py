"""Workplaces for the launcher: tiny ones, and one with the real packages."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.index import Index
from launcher.workplace import MINOR, Workplace
from modelyard import __version__

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "core.txt"


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A tiny library, nothing made yet."""
    return Workplace(tmp_path)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A tiny library whose environment is there. Tests start it, and change nothing."""
    place = Workplace(tmp_path_factory.mktemp("warm"))
    assert place.run().returncode == 0
    return place


@pytest.fixture
def index(workplace: Workplace) -> Iterator[Index]:
    """The workplace's index over HTTP on loopback, with a gate that can be shut."""
    with Index(workplace.root) as served:
        workplace.environment["PIP_INDEX_URL"] = served.url
        workplace.environment["PIP_RETRIES"] = "0"
        yield served


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The real library and the real lock file. Its environment is made by the first that runs it.

    Its wheels are downloaded once and kept with the other caches, so only the first run needs a
    package index.
    """
    place = Workplace(tmp_path_factory.mktemp("real"))
    place.environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(_wheels())}
    place.declare(
        operation="cluster-start",
        version=__version__,
        dependencies=str(LOCK),
        library=str(ROOT / "shared"),
    )
    return place


def _wheels() -> Path:
    kept = os.environ.get("MODELYARD_WHEELS")
    caches = Path(kept).parent if kept else ROOT / ".cache"
    digest = hashlib.sha256(LOCK.read_bytes() + MINOR.encode()).hexdigest()[:12]
    folder = caches / f"core-wheels-{digest}"
    if not (folder / ".complete").exists():
        options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:"]
        where = ["--dest", str(folder), "--requirement", str(LOCK)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, *where], check=True)
        (folder / ".complete").touch()
    return folder
