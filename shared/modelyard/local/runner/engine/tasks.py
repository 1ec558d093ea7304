"""Which tasks a run has: built in, Modelyard's own, and those whose folders the user gives.

The latter two are folders with a ``task.json``, run in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import modelyard
from modelyard.local.runner import builtin, task_definition
from modelyard.local.runner.builtin.task import BuiltinTask
from modelyard.local.runner.pipeline import KnownInput, KnownTask
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.runner_errors import TaskError

OWN = Path(modelyard.__file__).resolve().parents[2] / "tasks"
"""Modelyard's own, where the library lies in its repository."""


@dataclass(frozen=True)
class Task:
    """One major version of a task."""

    definition: TaskDefinition
    known: KnownTask
    builtin: BuiltinTask | None = None

    def needs_cloud(self, inputs: Mapping[str, str]) -> bool:
        """Whether a step with these inputs speaks to services: it is one of Modelyard's own, or
        names a service connection."""
        if self.definition.folder.is_relative_to(OWN):
            return True
        given = {name.lower() for name, value in inputs.items() if value.strip()}
        return any(one.connection and one.name.lower() in given for one in self.definition.inputs)


class Tasks:
    """All of them, by ``name@major`` and ``id@major`` in lower case."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks: dict[str, Task] = {}
        for task in tasks:
            for name in (task.known.name, task.definition.id):
                self._tasks[f"{name}@{task.known.version}".lower()] = task

    @property
    def known(self) -> dict[str, KnownTask]:
        """What the planning has to know of them."""
        return {name: task.known for name, task in self._tasks.items()}

    def find(self, name: str, version: str) -> Task | None:
        """The task of ``name@version``, with or without its publisher's prefix."""
        key = f"{name.lower()}@{version.partition('.')[0]}"
        return self._tasks.get(key) or self._tasks.get(key.rpartition(".")[2])


def available(folders: Mapping[str, Path] | None = None, own: Path = OWN) -> Tasks:
    """The tasks of a run.

    :param folders: what the user gave, by the name that pipelines use.
    :raises TaskError: when a folder holds no task, or one of another name.
    """
    found = [of_builtin(one) for one in builtin.all_tasks()]
    if own.is_dir():
        found += [of_folder(path.parent) for path in sorted(own.glob("*/task.json"))]
    for name, folder in (folders or {}).items():
        task = of_folder(folder.resolve())
        wanted, _, version = name.partition("@")
        fits = version in ("", task.known.version)
        if wanted.rpartition(".")[2].lower() != task.known.name.lower() or not fits:
            raise TaskError(f"{folder} holds the task {task.known.reference}, not {name}")
        found.append(task)
    return Tasks(found)


def of_builtin(task: BuiltinTask) -> Task:
    """A task that is built in."""
    inputs = tuple(
        KnownInput(
            one.name,
            one.required and not one.may_be_empty,
            one.aliases,
            one.options,
            one.default,
            one.visible,
            boolean=one.type == "boolean",
        )
        for one in task.inputs
    )
    return Task(task.definition, KnownTask(task.name, task.major, inputs), task)


def of_folder(folder: Path) -> Task:
    """The task in a folder.

    :raises TaskError: when there is none, or none that can run here.
    """
    definition = task_definition.read(folder)
    declared: Mapping[str, Any] = json.loads((folder / "task.json").read_text("utf-8-sig"))
    rules = {str(one["name"]).strip(): one for one in declared.get("inputs", ())}
    inputs = tuple(
        KnownInput(
            one.name,
            one.required,
            one.aliases,
            _values(rules[one.name]),
            one.default,
            str(rules[one.name].get("visibleRule") or ""),
            boolean=one.type == "boolean",
        )
        for one in definition.inputs
    )
    version = definition.version.partition(".")[0]
    return Task(definition, KnownTask(definition.name, version, inputs))


def _values(declared: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a pick list that takes no others."""
    editable = str(declared.get("properties", {}).get("EditableOptions", "")).lower() == "true"
    if declared["type"].lower() not in ("picklist", "radio") or editable:
        return ()
    return tuple(declared.get("options", {}))
