"""Code coverage as a run keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileCoverage:
    """Covered lines of one source file."""

    path: str
    covered: int
    total: int


@dataclass(frozen=True)
class Coverage:
    """What one or several summary files say together."""

    lines_covered: int
    lines_total: int
    branches_covered: int = 0
    branches_total: int = 0
    files: tuple[FileCoverage, ...] = ()
    summaries: tuple[Path, ...] = ()
    """The files it was read from."""
    report: Path | None = None
    """The folder of an HTML report, where there is one."""

    @property
    def rate(self) -> float:
        """The share of lines that are covered, 0 to 1; 1 where there are none."""
        return self.lines_covered / self.lines_total if self.lines_total else 1.0
