"""What the stages and jobs of a plan name: parameters, variables, pools, containers, resources.

Source: learn.microsoft.com, ``azure/devops/pipelines/yaml-schema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.local.runner.pipeline.places import Place


@dataclass(frozen=True)
class Parameter:
    """A parameter of the pipeline, with the value it has in this plan."""

    name: str
    type: str
    """``string``, ``number``, ``boolean``, ``object``, ``stepList`` ... as declared."""
    value: Any
    place: Place
    display_name: str = ""


@dataclass(frozen=True)
class Variable:
    """A variable with a value."""

    name: str
    value: str
    """With macros, or one whole runtime expression."""
    place: Place
    read_only: bool = False


@dataclass(frozen=True)
class VariableGroup:
    """``- group: name``: every variable of a group of the library."""

    name: str
    place: Place


VariableSource = Variable | VariableGroup
"""In the order written: a later one replaces an earlier one of the same name."""


@dataclass(frozen=True)
class Pool:
    """Where a job runs."""

    place: Place
    name: str = ""
    vm_image: str = ""
    demands: tuple[str, ...] = ()
    server: bool = False
    """``pool: server``: no agent."""


@dataclass(frozen=True)
class Container:
    """A container of a job or service."""

    place: Place
    image: str
    alias: str = ""
    """Its name under ``resources.containers``; empty where the image is written in place."""
    endpoint: str = ""
    options: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    map_docker_socket: bool = True
    mount_read_only: frozenset[str] = frozenset()
    """Of ``work``, ``externals``, ``tools``, ``tasks``."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else a container resource has: type, registry, trigger ..."""


@dataclass(frozen=True)
class Repository:
    """A repository of ``resources.repositories``."""

    alias: str
    place: Place
    type: str = "git"
    name: str = ""
    ref: str = "refs/heads/main"
    endpoint: str = ""
    trigger: Any = None
    folder: Path | None = None
    """Where it lies on this machine, if that was said."""


@dataclass(frozen=True)
class PipelineResource:
    """Another pipeline, whose artifacts this one may download."""

    alias: str
    place: Place
    source: str = ""
    project: str = ""
    version: str = ""
    branch: str = ""
    tags: tuple[str, ...] = ()
    trigger: Any = None


@dataclass(frozen=True)
class Resources:
    """What ``resources`` declares."""

    repositories: tuple[Repository, ...] = ()
    containers: tuple[Container, ...] = ()
    pipelines: tuple[PipelineResource, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    """``builds``, ``packages`` and ``webhooks``, as written."""
