"""A clone that is ready for a release, and what the release is made of: built once for all."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from release.conditions import Release

from release import archive, tfx
from release_clone import NOW, ROOT, Clone, ready


@dataclass(frozen=True)
class Released:
    """What ``release.check`` said of the ready clone, and what it built."""

    clone: Clone
    dist: Path
    done: subprocess.CompletedProcess[str]

    @property
    def vsix(self) -> dict[str, bytes]:
        return archive.read(self.dist / f"modelyard-{NOW}.vsix")

    @property
    def task_wheel(self) -> bytes:
        """The wheel in the folder of one task."""
        (name,) = (
            one for one in self.vsix if one.startswith("ModelyardJobRun/") and one.endswith(".whl")
        )
        return self.vsix[name]

    @property
    def wheel(self) -> dict[str, bytes]:
        return archive.read(self.dist / f"modelyard-{NOW}-py3-none-any.whl")


@pytest.fixture(scope="session")
def tfx_command() -> Path:
    """tfx as the tests have it; TFX may name another."""
    given = os.environ.get("TFX")
    return tfx.find(ROOT, Path(given) if given else None)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The ready clone, which nobody may change."""
    return ready(tmp_path_factory.mktemp("pristine"))


@pytest.fixture(scope="session")
def released(
    pristine: Clone, tfx_command: Path, tmp_path_factory: pytest.TempPathFactory
) -> Released:
    """The ready clone's release, from a clone with leftovers of old builds in it."""
    clone = pristine.another(tmp_path_factory.mktemp("released") / "clone")
    for stale in ("build/lib/modelyard/stale.py", "shared/modelyard/__pycache__/stale.pyc"):
        (clone.path / stale).parent.mkdir(parents=True)
        (clone.path / stale).write_text("stale = True\n")
    dist = clone.path / "dist"
    done = clone.python("-m", "release.check", "--tfx", str(tfx_command), check=False)
    return Released(clone, dist, done)


@pytest.fixture
def clone(pristine: Clone, tmp_path: Path) -> Clone:
    """A ready clone for one test to spoil."""
    return pristine.another(tmp_path / "clone")


@pytest.fixture
def release(clone: Clone, tfx_command: Path, tmp_path: Path) -> Release:
    """The release of that clone."""
    return Release(clone.path, NOW, tmp_path / "dist", "OWNER", tfx_command)
