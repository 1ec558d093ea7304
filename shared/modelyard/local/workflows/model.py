"""A workflow and what it calls, as far as this machine has to know it.

Expressions (``${{ }}``) are left as they are: act evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.runner.pipeline.nodes import Mapping as MappingNode
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.workflows.references import Reference

DISPATCH, CALL = "workflow_dispatch", "workflow_call"


@dataclass(frozen=True)
class Source:
    """A file of a repository, read: a workflow, or an action's ``action.yml``."""

    repository: str
    """``OWNER/NAME``; empty: the repository of the workflow that runs."""
    path: str
    """In it."""
    root: MappingNode


@dataclass(frozen=True)
class Declared:
    """An input or a secret that is declared."""

    name: str
    place: Place
    required: bool = False
    default: str = ""
    type: str = "string"
    options: tuple[str, ...] = ()
    """The choices of an input of that type."""


@dataclass(frozen=True)
class Given:
    """A value that ``with`` or ``secrets`` hands on."""

    name: str
    value: str
    place: Place


@dataclass(frozen=True)
class Action:
    """An action that lies on this machine."""

    source: Source
    folder: Path
    inputs: Mapping[str, Declared]


@dataclass(frozen=True)
class Step:
    """One step."""

    place: Place
    title: str
    """As written: its name, else what GitHub shows."""
    named: bool = False
    """Whether the title is its name."""
    id: str = ""
    condition: str = ""
    uses: str = ""
    reference: Reference | None = None
    given: tuple[Given, ...] = ()
    action: Action | None = None
    """None: a script, or an action that isn't on this machine."""
    script: tuple[Given, ...] = ()
    """What is written of ``run``, ``shell`` and ``working-directory``."""
    env: tuple[Given, ...] = ()
    """One without a name: an expression gives all of them."""


@dataclass(frozen=True)
class Job:
    """A job: steps, or the call of another workflow."""

    id: str
    place: Place
    title: str
    """Its name, else its id."""
    needs: tuple[str, ...] = ()
    condition: str = ""
    environment: str = ""
    identity: bool | None = None
    """What its permissions, else its workflow's, say of identity tokens; None: nothing."""
    begins_here: bool = False
    """Whether it begins with a step that asks here: for an approval, or what it signs in with."""
    matrix: bool = False
    container: bool = False
    """Whether it runs in a container, or beside some."""
    steps: tuple[Step, ...] = ()
    uses: str = ""
    """The reusable workflow that it calls; empty: it has steps."""
    reference: Reference | None = None
    given: tuple[Given, ...] = ()
    secrets: tuple[Given, ...] = ()
    inherits: bool = False
    """``secrets: inherit``."""
    workflow: Workflow | None = None
    """What it calls."""
    node: MappingNode | None = field(default=None, compare=False, repr=False)
    """As written."""


@dataclass(frozen=True)
class Workflow:
    """One file."""

    source: Source
    place: Place
    name: str
    events: frozenset[str]
    jobs: tuple[Job, ...]
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    """Of ``workflow_call``."""
    secrets: Mapping[str, Declared] = field(default_factory=dict)
    dispatch: Mapping[str, Declared] = field(default_factory=dict)
    """The inputs of ``workflow_dispatch``."""

    def all_workflows(self) -> Iterator[Workflow]:
        """It, and what its jobs call."""
        yield self
        for job in self.jobs:
            if job.workflow is not None:
                yield from job.workflow.all_workflows()

    def all_jobs(self) -> Iterator[Job]:
        """Its jobs, and those of what they call."""
        for workflow in self.all_workflows():
            yield from workflow.jobs


@dataclass(frozen=True)
class Plan:
    """A workflow that may run."""

    workflow: Workflow
    root: Path
    """The folder of its repository."""
    repositories: Mapping[str, Path]
    """Folders of others, by ``owner/name`` in lower case."""
    sources: tuple[Source, ...]
    """Every file that was read."""
    warnings: tuple[tuple[Place, str], ...] = ()
    secrets: Mapping[str, Place] = field(default_factory=dict)
    """The secrets that the workflow itself asks for, in upper case, each with a place."""
    variables: Mapping[str, Place] = field(default_factory=dict)
    """The same of ``vars``, of all files."""
    unchecked: tuple[tuple[Place, str], ...] = ()
    """Actions that aren't on this machine: act fetches them."""
