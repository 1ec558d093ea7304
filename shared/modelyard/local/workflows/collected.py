"""What a run of a workflow leaves beside its history."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelyard.local.runner.engine.events import RunPath


@dataclass
class Collected:
    """Grows while act speaks."""

    outputs: dict[RunPath, dict[str, str]] = field(default_factory=dict)
    """Of steps."""
    summaries: list[tuple[RunPath, str]] = field(default_factory=list)
    """Markdown, in the order it came, one for each part that a step wrote."""
    environments: dict[RunPath, str] = field(default_factory=dict)
    """Of jobs."""
    failed: bool = False
    """Whether act said of any job that it failed."""
