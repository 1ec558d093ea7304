"""What the caller of a run decides."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.runner.engine.job_variables import Groups
from modelyard.local.runner.task_process import Patience

APPROVED_BY_HAND = ("production",)
"""The environments that ask for an approval where nobody says which do: a pipeline's YAML
doesn't, in Azure Pipelines that is a setting of the environment."""


def tool_cache(environment: Mapping[str, str]) -> Path:
    """Where tools outlive a run: the launcher's Python environments, among others."""
    if named := environment.get("AGENT_TOOLSDIRECTORY"):
        return Path(named)
    cache = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/")) / ".cache"
    return Path(cache) / "modelyard" / "tools"


@dataclass(frozen=True)
class Settings:
    """The choices of one run."""

    parallel: int = 2
    """How many jobs run side by side."""
    approvals: frozenset[str] = frozenset(APPROVED_BY_HAND)
    """Environments that ask for an approval, in lower case."""
    approved: frozenset[str] = frozenset()
    """What is approved already: environments, stages started by hand, manual validations; in
    lower case."""
    approve_all: bool = False
    groups: Groups = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    """Names of variables given for the run that are secret."""
    in_place: bool = False
    """Whether jobs work in the repository itself instead of a copy."""
    strict_containers: bool = False
    """Whether a job in a container is refused; else it runs on this machine."""
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The resources of environments, for rolling deployments; their names in lower case."""
    inherited: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The environment that steps start from."""
    masked: frozenset[str] = field(default=frozenset(), repr=False)
    """Values in that environment that no log may show."""
    tools: Path | None = None
    """The tool cache; else that of the machine."""
    node: str = ""
    """The program that runs tasks; else the one on PATH."""
    patience: Patience = field(default_factory=Patience)
    """How long a cancelled step has between signals."""

    @property
    def tool_folder(self) -> Path:
        return self.tools or tool_cache(os.environ)
