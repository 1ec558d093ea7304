"""Forgetting the state of a cloud that doesn't run."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from modelyard.local.cloud.exceptions import NotRunning
from modelyard.local.cloud.processes import CHILDREN, end_leftovers
from modelyard.local.cloud.running import Claim

KEPT = frozenset({".gitignore", "authority", "credentials.json", "entra", "last-port", "lock"})
"""Who the cloud is, rather than what happened in it."""


def reset_stopped(folder: Path) -> None:
    """Delete all state. Raises NotRunning for a folder that is no state folder."""
    if not (folder / "lock").exists():
        raise NotRunning(folder)
    with contextlib.closing(Claim(folder)):
        end_leftovers(folder / CHILDREN)
        for path in folder.iterdir():
            if path.name in KEPT:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
