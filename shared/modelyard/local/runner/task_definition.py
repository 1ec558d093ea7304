"""A task as its folder declares it: ``task.json``.

Source: the agent's ``TaskManager.cs`` (what it reads, which handler goes first) and
``TaskRestrictionsExtension.cs``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.runner_errors import TaskError

NODE_HANDLERS = ("Node24", "Node20_1", "Node16", "Node10", "Node")
"""As the agent prefers them."""


@dataclass(frozen=True)
class TaskInput:
    """One input."""

    name: str
    type: str
    default: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def connection(self) -> str:
        """The type of service connections that it names, ``AzureRM``; empty where it names none."""
        start, _, kind = self.type.partition(":")
        return kind if start.lower() == "connectedservice" else ""


@dataclass(frozen=True)
class Handler:
    """A program that Node runs."""

    name: str
    target: Path
    """The script's full path."""
    working_directory: str = ""


@dataclass(frozen=True)
class Restrictions:
    """What the task may tell the agent."""

    commands_restricted: bool = False
    settable_variables: tuple[str, ...] | None = None
    """Patterns of names; None: all."""


@dataclass(frozen=True)
class TaskDefinition:
    """Everything of a ``task.json`` that matters when it runs."""

    folder: Path
    id: str
    name: str
    version: str
    inputs: tuple[TaskInput, ...]
    execution: Handler
    post_job: Handler | None = None
    output_variables: frozenset[str] = frozenset()
    """In lower case: names are compared so."""
    restrictions: Restrictions = field(default_factory=Restrictions)


def read(folder: Path) -> TaskDefinition:
    """The task in this folder.

    :raises TaskError: when there is none, or none that Node can run.
    """
    path = folder / "task.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise TaskError(f"{path} can't be read: {error}") from None
    try:
        execution = _handler(folder, data.get("execution", {}))
        if execution is None:
            raise TaskError(f"{path} has none of the handlers {', '.join(NODE_HANDLERS)}")
        return TaskDefinition(
            folder=folder,
            id=data["id"],
            name=data["name"],
            version=".".join(str(data["version"][one]) for one in ("Major", "Minor", "Patch")),
            inputs=tuple(_inputs(data.get("inputs", ()))),
            execution=execution,
            post_job=_handler(folder, data.get("postjobexecution", {})),
            output_variables=frozenset(
                one["name"].lower() for one in data.get("outputVariables", ())
            ),
            restrictions=_restrictions(data.get("restrictions", {})),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise TaskError(f"{path} isn't a task: {error!r}") from None


def _inputs(declared: Iterable[Mapping[str, Any]]) -> Iterable[TaskInput]:
    for one in declared:
        default = one.get("defaultValue") if one.get("defaultValue") is not None else ""
        yield TaskInput(
            name=one["name"].strip(),
            type=one["type"],
            default=default if isinstance(default, str) else json.dumps(default),
            required=bool(one.get("required", False)),
            aliases=tuple(one.get("aliases", ())),
        )


def _handler(folder: Path, handlers: Mapping[str, Any]) -> Handler | None:
    found = {name.lower(): value for name, value in handlers.items()}
    for name in NODE_HANDLERS:
        if (value := found.get(name.lower())) is not None:
            target = folder / value["target"]
            if not target.is_file():
                raise TaskError(f"{folder / 'task.json'}: {name} has no target {target}")
            return Handler(name, target, value.get("workingDirectory", ""))
    return None


def _restrictions(data: Mapping[str, Any]) -> Restrictions:
    allowed = data.get("settableVariables", {}).get("allowed")
    return Restrictions(
        commands_restricted=data.get("commands", {}).get("mode", "").lower() == "restricted",
        settable_variables=None if allowed is None else tuple(allowed),
    )
