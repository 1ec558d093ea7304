"""The plan of a pipeline: what is left when every template is expanded and every default filled in.

Nothing of compile time (``${{ }}``) is in a plan any more. What only a run can know stays text:
macros ``$(name)``, runtime expressions ``$[ ... ]`` (:func:`runtime_expression`), conditions.
Names of stages, jobs, steps and variables are compared without regard to case.

Source: learn.microsoft.com, ``azure/devops/pipelines/yaml-schema`` (the keywords) and
``pipelines/process/{stages,phases,deployment-jobs,variables,templates}`` (what they mean).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
]

DEFAULT_STAGE = "__default"
"""The name of the stage that a file without ``stages`` has."""
DEFAULT_JOB = "Job"
"""The name of the job that a file with ``steps`` alone has."""
DEFAULT_CONDITION = "succeeded()"
"""The condition of everything that states none."""
CHECKOUT = "checkout"
"""The task of a checkout step: the agent's own, no task.json."""


@dataclass(frozen=True)
class Target:
    """Where a step runs and what it may tell the agent."""

    container: str = ""
    """``host``, the alias of a container, or empty: the job's own."""
    commands: str = "any"
    """``any`` or ``restricted``."""
    settable_variables: tuple[str, ...] | None = None
    """None: all."""


@dataclass(frozen=True)
class Step:
    """One step. Every shorthand is a task here, as the service makes it one."""

    task: str
    """``CmdLine`` of ``CmdLine@2``; :data:`CHECKOUT` for a checkout."""
    version: str
    """``2``, or ``2.1.0``; empty for :data:`CHECKOUT`."""
    place: Place
    keyword: str = "task"
    """As written: task, script, bash, pwsh, powershell, checkout, download, publish ..."""
    subject: str = ""
    """What the keyword says: the script, the repository, what is downloaded or published."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """By the names that the task declares; only those that were written, macros left in."""
    name: str = ""
    display_name: str = ""
    condition: str = ""
    """Empty: :data:`DEFAULT_CONDITION`."""
    enabled: Truth = True
    continue_on_error: Truth = False
    timeout_minutes: Number = 0
    """0: as long as the job."""
    retry_count: Number = 0
    env: Mapping[str, str] = field(default_factory=dict)
    target: Target | None = None
    implicit: bool = False
    """The service put it there: the checkout of a job that has none, a deployment's download."""

    @property
    def reference(self) -> str:
        """``CmdLine@2``."""
        return f"{self.task}@{self.version}" if self.version else self.task

    @property
    def title(self) -> str:
        """What a log calls it."""
        if self.display_name:
            return self.display_name
        return f"Checkout {self.subject}" if self.task == CHECKOUT else self.task


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
