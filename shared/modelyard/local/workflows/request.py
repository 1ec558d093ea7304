"""What somebody wants to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.workflows.model import Plan


@dataclass(frozen=True)
class Request:
    """A run of a workflow."""

    plan: Plan
    act: Path
    event: str
    inputs: Mapping[str, str]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    job: str = ""
    number: int = 1
