"""The plan of a pipeline: what is left when every template is expanded and every default filled in.

Nothing of compile time (``${{ }}``) is in a plan any more. What only a run can know stays text:
macros ``$(name)``, runtime expressions ``$[ ... ]`` (:func:`runtime_expression`), conditions.
Names of stages, jobs, steps and variables are compared without regard to case.

Source: learn.microsoft.com, ``azure/devops/pipelines/yaml-schema`` (the keywords) and
``pipelines/process/{stages,phases,deployment-jobs,variables,templates}`` (what they mean).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.local.runner.pipeline.declared import (
    Container,
    Parameter,
    PipelineResource,
    Pool,
    Repository,
    Resources,
    Variable,
    VariableGroup,
    VariableSource,
)
from modelyard.local.runner.pipeline.places import Number, Place, Truth, runtime_expression
from modelyard.local.runner.pipeline.planned_jobs import (
    Deployment,
    Environment,
    Hook,
    Job,
    Matrix,
    Parallel,
)
from modelyard.local.runner.pipeline.planned_steps import (
    CHECKOUT,
    DEFAULT_CONDITION,
    Step,
    Target,
)

__all__ = [
    "Plan",
    "Pipeline",
    "Stage",
    "Job",
    "Deployment",
    "Hook",
    "Environment",
    "Matrix",
    "Parallel",
    "Step",
    "Target",
    "Parameter",
    "Variable",
    "VariableGroup",
    "VariableSource",
    "Pool",
    "Container",
    "Repository",
    "PipelineResource",
    "Resources",
    "Place",
    "Number",
    "Truth",
    "runtime_expression",
    "DEFAULT_STAGE",
    "DEFAULT_JOB",
    "DEFAULT_CONDITION",
    "CHECKOUT",
    "place_of",
]

DEFAULT_STAGE = "__default"
"""The name of the stage that a file without ``stages`` has."""
DEFAULT_JOB = "Job"
"""The name of the job that a file with ``steps`` alone has."""


@dataclass(frozen=True)
class Stage:
    """A stage."""

    name: str
    """Written or given: never empty, unique. :data:`DEFAULT_STAGE` where the file has none."""
    place: Place
    jobs: tuple[Job, ...]
    display_name: str = ""
    depends_on: tuple[str, ...] = ()
    """Names of stages, spelt as those are; the one before where ``dependsOn`` is not written."""
    condition: str = ""
    variables: tuple[VariableSource, ...] = ()
    pool: Pool | None = None
    lock_behavior: str = ""
    trigger: str = "automatic"
    """``manual`` or ``automatic``."""
    skippable: bool = True

    @property
    def title(self) -> str:
        return self.display_name or self.name


@dataclass(frozen=True)
class Pipeline:
    """All of a pipeline."""

    place: Place
    stages: tuple[Stage, ...]
    name: str = ""
    """The format of the run's number; empty: ``$(Date:yyyyMMdd).$(Rev:r)``."""
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[VariableSource, ...] = ()
    resources: Resources = field(default_factory=Resources)
    pool: Pool | None = None
    lock_behavior: str = ""
    triggers: Mapping[str, Any] = field(default_factory=dict)
    """``trigger``, ``pr`` and ``schedules``, as written."""
    append_commit_message: bool = True


@dataclass(frozen=True)
class Plan:
    """A pipeline that may run, and what it was made of."""

    pipeline: Pipeline
    root: Path
    """The folder of the repository that the pipeline belongs to."""
    queue_variables: Mapping[str, str] = field(default_factory=dict)
    """Those given when the run was asked for. The file's own of the same name go before them."""
    files: tuple[str, ...] = ()
    """Every file that was read, the pipeline's own first."""
    warnings: tuple[tuple[Place, str], ...] = ()
    """What will run, and hardly as its author meant."""


def place_of(path: Sequence[str]) -> str:
    """Stage and job of an event as people see them: ``train/sweep``, or the job alone where the
    file names no stage."""
    return "/".join(name for name in path[:2] if name != DEFAULT_STAGE)
