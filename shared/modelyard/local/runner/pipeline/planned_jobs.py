"""The jobs of a plan, and what makes some of them deployments.

Source: learn.microsoft.com, ``azure/devops/pipelines/yaml-schema/jobs`` and
``pipelines/process/{phases,deployment-jobs}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelyard.local.runner.pipeline.declared import Container, Pool, VariableSource
from modelyard.local.runner.pipeline.places import Number, Place, Truth
from modelyard.local.runner.pipeline.planned_steps import Step


@dataclass(frozen=True)
class Matrix:
    """``strategy.matrix``: one copy of the job for each leg."""

    legs: Mapping[str, Mapping[str, str]] | str
    """Variables by leg; or a runtime expression that gives them as JSON."""
    max_parallel: Number = 0
    """0: all at once."""


@dataclass(frozen=True)
class Parallel:
    """``strategy.parallel``: so many equal copies of the job."""

    count: Number
    max_parallel: Number = 0


@dataclass(frozen=True)
class Hook:
    """A life-cycle hook of a deployment."""

    name: str
    """preDeploy, deploy, routeTraffic, postRouteTraffic, success or failure."""
    steps: tuple[Step, ...]
    place: Place
    pool: Pool | None = None
    """None: the job's."""


@dataclass(frozen=True)
class Environment:
    """What a deployment is recorded and approved against."""

    name: str
    place: Place
    resource_name: str = ""
    resource_type: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """What makes a job a deployment job."""

    environment: Environment
    strategy: str
    """``runOnce``, ``rolling`` or ``canary``."""
    hooks: Mapping[str, Hook]
    """By name, in the order they run; only those that were written."""
    max_parallel: str = ""
    """Rolling: a number, or a share such as ``25%``. Empty: all at once."""
    increments: tuple[Number, ...] = ()
    """Canary: per cent."""


@dataclass(frozen=True)
class Job:
    """A job, before its matrix or parallel strategy makes copies of it."""

    name: str
    """Written or given: never empty, unique in its stage."""
    place: Place
    display_name: str = ""
    depends_on: tuple[str, ...] = ()
    """Names of jobs of the same stage, spelt as those are."""
    condition: str = ""
    steps: tuple[Step, ...] = ()
    """Empty for a deployment, whose steps are in its hooks."""
    deployment: Deployment | None = None
    strategy: Matrix | Parallel | None = None
    pool: Pool | None = None
    """Its own, else the stage's, else the pipeline's; None where none of them says."""
    container: Container | None = None
    services: Mapping[str, Container] = field(default_factory=dict)
    variables: tuple[VariableSource, ...] = ()
    timeout_minutes: Number = 60
    """0: no end."""
    cancel_timeout_minutes: Number = 5
    continue_on_error: Truth = False
    workspace_clean: str = ""
    """``outputs``, ``resources``, ``all`` or empty."""
    uses_repositories: tuple[str, ...] = ()
    uses_pools: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.display_name or self.name

    @property
    def server(self) -> bool:
        """Whether the service runs it, without an agent."""
        return self.pool is not None and self.pool.server

    def all_steps(self) -> Iterator[Step]:
        """Its steps, or those of all its hooks."""
        yield from self.steps
        if self.deployment:
            for hook in self.deployment.hooks.values():
                yield from hook.steps
