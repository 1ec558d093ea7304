"""What the local cloud asks whoever starts it for: a pipeline's YAML with its templates expanded.

The runner does that, and the cloud knows nothing of it: the function is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PipelineFile:
    """A pipeline's YAML, in a copy of its repository."""

    path: Path
    root: Path
    find: Callable[[str, str, str], Path]
    """A copy of another repository, by type, name and ref as ``resources`` have them."""
    parameters: Mapping[str, Any]
    variables: Mapping[str, str]
    """Those given when a run is asked for."""
    project: str
    pipeline: str
    repository: str
    branch: str
    commit: str


Expand = Callable[[PipelineFile], str]
"""The expanded YAML. Raises PipelineError with all that is wrong, and what ``find`` raises."""
