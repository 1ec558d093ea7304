"""Where a run keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolders:
    """Paths of one run."""

    artifacts: Path
    uploads: Path
    counters: Path
    """The file with the numbers that grow from run to run."""
