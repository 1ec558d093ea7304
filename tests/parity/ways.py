"""A step that can be run in three ways, and what comes of it: see ``as_commands``, ``as_tasks``
and ``as_actions``.

Steps are written once, in the notation of the examples: ``${{ steps.ID.outputs.NAME }}`` is an
output of an earlier step, and ``$(name)`` a secret.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment, without_real_world
from modelyard.local.cloud.requests_log import Entry

OUTPUT = re.compile(r"\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}")
SECRET = re.compile(r"\$\(([\w-]+)\)")


@dataclass(frozen=True)
class Step:
    """A step as its author writes it."""

    operation: str
    inputs: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    id: str = ""

    @property
    def name(self) -> str:
        return self.id or self.operation


@dataclass
class Outcome:
    """What came of a step."""

    code: int
    outputs: dict[str, str]
    summary: str
    log: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Outcomes:
    """What came of all of them, by their names, and of their release steps."""

    steps: dict[str, Outcome]
    released: list[Entry]
    release_log: str
    folders: Mapping[str, str]
    """Paths of this run, and what to call them."""
    log: str = ""
    """Everything that was shown."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What a job of Azure Pipelines knows at its end."""


@dataclass(frozen=True)
class Place:
    """A cloud, and a folder with the files of a project."""

    cloud: LocalCloud
    files: Path
    folder: Path
    """For whatever the way needs."""
    tools: Path
    checkout: Path
    secrets: Mapping[str, str]
    """By the names that steps call them."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """More variables of every process."""

    def environment(self) -> dict[str, str]:
        """What an agent has that was started within the local cloud, without any credential."""
        everything = program_environment(self.cloud.environment)
        return {**without_real_world(everything), **self.extra}

    def since(self, start: int) -> list[Entry]:
        """The requests after the first ``start``."""
        return self.cloud.requests.entries()[start:]


class NewPlace(Protocol):
    """Makes a place."""

    def __call__(
        self, files: Path, services: Sequence[str] = ...
    ) -> AbstractContextManager[Place]: ...


def copied(files: Path, target: Path) -> Path:
    """The folder, with a copy of the files."""
    shutil.copytree(files, target, dirs_exist_ok=True)
    return target
