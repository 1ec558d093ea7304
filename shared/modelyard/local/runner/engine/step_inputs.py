"""The inputs of a step whose job may have several checkouts.

Source: the agent's ``BuildJobExtension.cs`` (``GetRootedPath``): paths count from the default
working directory, which is the repository's folder only where one repository is checked out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.task_environment import resolve_inputs
from modelyard.local.runner.variables import Variables

_PATH = "filepath"


def step_inputs(
    definition: TaskDefinition,
    given: Mapping[str, str],
    variables: Variables,
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """As :func:`resolve_inputs`, with full paths from ``System.DefaultWorkingDirectory``."""
    paths = [one.name for one in definition.inputs if one.type.lower() == _PATH]
    texts = tuple(
        replace(one, type="string") if one.name in paths else one for one in definition.inputs
    )
    values = resolve_inputs(replace(definition, inputs=texts), given, variables, inherited)
    root = variables.value("System.DefaultWorkingDirectory")
    for name in paths:
        values[name] = os.path.normpath(Path(root, values[name]))
    return values
