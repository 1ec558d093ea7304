"""What a task is told: its inputs, and the environment of its process.

Source: the agent's ``TaskRunner.cs`` (inputs), ``Handler.cs`` and ``NodeHandler.cs`` (the
environment), ``BuildJobExtension.cs`` (paths). A step's inputs may be spelt in any case, and by
their aliases: the server knows those and resolves them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.runner.expressions.macros import expand
from modelyard.local.runner.service_endpoints import Endpoint, referenced
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import Variable, Variables, environment_name

JOB_STATUS = "agent.jobstatus"


@dataclass(frozen=True)
class TaskStep:
    """A step of a pipeline that runs a task."""

    name: str
    """Reference name: outputs are read as ``name.output``."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    display_name: str = ""
    id: str = ""
    """A GUID."""

    def variables(self) -> Iterator[Variable]:
        """The variables that this step alone has."""
        title = self.display_name or self.name
        yield Variable("task.displayname", title)
        yield Variable("task.publishTelemetry", "False")
        yield Variable("task.skipTranslatorForCheckout", "False")
        yield Variable("system.taskInstanceId", self.id)
        yield Variable("system.taskDisplayName", title)
        yield Variable("system.taskInstanceName", self.name)


def resolve_inputs(
    definition: TaskDefinition,
    given: Mapping[str, str],
    variables: Variables,
    inherited: Mapping[str, str],
    *,
    root: str = "Build.Repository.LocalPath",
) -> dict[str, str]:
    """The values of all inputs, those that nobody declares included: the agent hands them on.

    :param inherited: the agent's own environment, which macros may name too.
    :param root: the variable with the folder that paths count from.
    """
    names = {one.name.lower(): one.name for one in definition.inputs}
    for one in definition.inputs:
        names |= {alias.lower(): one.name for alias in one.aliases}
    values = {one.name: one.default.strip() for one in definition.inputs}
    keep = variables.is_true("DISABLE_INPUT_TRIMMING")
    for name, value in given.items():
        if name.strip():
            values[names.get(name.strip().lower(), name.strip())] = value if keep else value.strip()
    values = {name: expand(variables.expand(text), inherited.get) for name, text in values.items()}
    folder = variables.value(root)
    for one in definition.inputs:
        if one.type.lower() == "filepath":
            # An empty one too: it becomes that folder.
            values[one.name] = os.path.normpath(Path(folder, values[one.name]))
    return values


def task_environment(
    definition: TaskDefinition,
    step: TaskStep,
    inputs: Mapping[str, str],
    *,
    variables: Variables,
    task_variables: Iterable[Variable] = (),
    endpoints: Iterable[Endpoint] = (),
    prepended_path: Iterable[str] = (),
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of the task's process: what the agent itself has, and on top of it
    what it tells a task. Secret variables are there as ``SECRET_NAME`` only."""
    found = dict(inherited)
    for name, value in step.environment.items():
        if name.strip():
            found[name.strip()] = expand(variables.expand(value.strip()), inherited.get)
    found |= _variables(variables)
    found |= {f"INPUT_{environment_name(name)}": value for name, value in inputs.items()}
    for endpoint in referenced(definition, inputs, endpoints):
        found |= dict(endpoint.environment())
    for variable in task_variables:
        found[f"VSTS_TASKVARIABLE_{variable.environment_name}"] = variable.value
    if folders := list(prepended_path):
        path = variables.value("PATH") or found.get("PATH", "")
        found["PATH"] = os.pathsep.join([*reversed(folders), *filter(None, [path])])
    found["TF_BUILD"] = "True"
    return found


def _variables(variables: Variables) -> dict[str, str]:
    found = {}
    public = [one for one in variables if not one.secret]
    secret = [one for one in variables if one.secret]
    for one in public:
        if one.name.lower() == JOB_STATUS:
            found[one.name] = one.value
        found[one.environment_name] = one.value
    for one in secret:
        found[f"SECRET_{one.environment_name}"] = one.value
    found["VSTS_PUBLIC_VARIABLES"] = json.dumps([one.name for one in public])
    found["VSTS_SECRET_VARIABLES"] = json.dumps([one.name for one in secret])
    return found
