"""A well-known task of Azure Pipelines that the runner has built in.

Names, ids, inputs and their defaults are those of the tasks' ``task.json`` in
microsoft/azure-pipelines-tasks at 299572e2; each module names the tasks it was read from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.builtin.step import Command, StepContext
from modelyard.local.runner.task_definition import Handler, TaskDefinition, TaskInput


@dataclass(frozen=True)
class Input(TaskInput):
    """An input, with what a pipeline's author may write into it."""

    options: tuple[str, ...] = ()
    """The values that a picklist or radio has; empty: any."""
    visible: str = ""
    """The rule under which the input counts, as in task.json; empty: always."""
    may_be_empty: bool = False
    """Whether a required input may be given as empty text, but not left out."""


def text(
    name: str, default: str = "", *, required: bool = False, visible: str = "", alias: str = ""
) -> Input:
    """An input of one line; several aliases have blanks between."""
    return Input(name, "string", default, required, tuple(alias.split()), visible=visible)


def several(
    name: str,
    default: str = "",
    *,
    required: bool = False,
    visible: str = "",
    alias: str = "",
    may_be_empty: bool = False,
) -> Input:
    """An input of several lines."""
    aliases = tuple(alias.split())
    return Input(name, "multiLine", default, required, aliases, (), visible, may_be_empty)


def boolean(name: str, *, default: bool = False, visible: str = "", alias: str = "") -> Input:
    """An input that is true or false."""
    aliases = tuple(alias.split())
    return Input(name, "boolean", str(default).lower(), False, aliases, visible=visible)


def path(
    name: str, default: str = "", *, required: bool = False, visible: str = "", alias: str = ""
) -> Input:
    """An input that the agent makes a full path; relative ones begin at the sources."""
    return Input(name, "filePath", default, required, tuple(alias.split()), visible=visible)


def picklist(
    name: str,
    options: tuple[str, ...],
    default: str = "",
    *,
    required: bool = True,
    visible: str = "",
    alias: str = "",
    type: str = "pickList",
) -> Input:
    """An input of which only these values are allowed; none: any value is."""
    return Input(name, type, default, required, tuple(alias.split()), options, visible)


def connection(name: str, kind: str, *, required: bool = True, alias: str = "") -> Input:
    """The id or name of a service connection."""
    return Input(name, f"connectedService:{kind}", "", required, tuple(alias.split()))


@dataclass(frozen=True)
class BuiltinTask:
    """One task in one major version. It has either ``run`` or ``command``, or is the server's."""

    name: str
    major: str
    id: str
    """Its GUID, by which a step may name it too."""
    inputs: tuple[Input, ...]
    run: Callable[[Mapping[str, str], StepContext], None] | None = None
    """Does the task's work. It raises ``StepFailed``."""
    command: Callable[[Mapping[str, str], StepContext], Command] | None = None
    """The one program that the task is. It raises ``StepFailed`` where there can be none."""
    outputs: frozenset[str] = frozenset()
    """Variables that are outputs without being said to be, in lower case."""

    @property
    def server(self) -> bool:
        """Whether the task belongs in a job without an agent; the engine does what it says."""
        return self.run is None and self.command is None

    @property
    def definition(self) -> TaskDefinition:
        """The same facts as those of a task's folder, for what works on either.

        Its handler can't be started.
        """
        nowhere = Path(__file__).parent
        return TaskDefinition(
            folder=nowhere,
            id=self.id,
            name=self.name,
            version=f"{self.major}.0.0",
            inputs=self.inputs,
            execution=Handler("BuiltIn", nowhere),
            output_variables=self.outputs,
        )


def flag(inputs: Mapping[str, str], name: str) -> bool:
    """Whether a boolean input is ``true``, in any case."""
    return inputs.get(name, "").strip().lower() == "true"


def lines(inputs: Mapping[str, str], name: str) -> list[str]:
    """The lines of an input that aren't empty, trimmed."""
    return [line.strip() for line in inputs.get(name, "").splitlines() if line.strip()]
