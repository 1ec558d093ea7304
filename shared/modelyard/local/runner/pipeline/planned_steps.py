"""The steps of a plan.

Source: learn.microsoft.com, ``azure/devops/pipelines/yaml-schema/steps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelyard.local.runner.pipeline.places import Number, Place, Truth

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
    written: Mapping[str, str] = field(default_factory=dict)
    """Inputs that were written by another of their names, with that one."""
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
