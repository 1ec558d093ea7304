"""What a source says of a run, whichever service ran it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.selection import Candidate


@dataclass(frozen=True)
class FoundModel:
    """The model of a run."""

    uri: str
    """``runs:/RUN/NAME``"""
    download: Callable[[Path], int]
    """To a folder; how many files that were."""
    id: str = ""
    """``m-...`` where MLflow 3 made one."""


@dataclass(frozen=True)
class Found:
    """A run that may be chosen, and what can be had of it."""

    candidate: Candidate
    parameters: Mapping[str, str] = field(default_factory=dict)
    model: Callable[[str], FoundModel] | None = None
    """The model of a name; raises NoModel. None where the run can't be chosen."""
