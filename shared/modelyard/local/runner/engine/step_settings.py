"""What a step says of itself, once macros and expressions in it are filled in."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

from modelyard.databricks.remote_text import clean
from modelyard.local.runner.pipeline.fields import FALSE, TRUE
from modelyard.local.runner.pipeline.plan import Number, Step, Target, Truth
from modelyard.local.runner.task_definition import Restrictions, TaskDefinition
from modelyard.local.runner.variables import Variables
from modelyard.runner_errors import TaskError


def truth(value: Truth, variables: Variables) -> bool:
    """A boolean that may be a macro. What is no boolean then is an error.

    :raises TaskError: when it is none.
    """
    if isinstance(value, bool):
        return value
    text = variables.expand(value).strip()
    if text.lower() not in TRUE | FALSE | {""}:
        raise TaskError(f"{value} is no boolean: it is {text!r}")
    return text.lower() in TRUE


def number(value: Number, variables: Variables) -> int:
    """A whole number that may be a macro.

    :raises TaskError: when it is none.
    """
    if isinstance(value, int):
        return value
    text = variables.expand(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise TaskError(f"{value} is no whole number: it is {text!r}")
    return int(text)


def title(step: Step, variables: Variables) -> str:
    """What the log calls a step."""
    return " ".join(clean(variables.expand(step.title)).split()) or step.task


def restricted(definition: TaskDefinition, target: Target | None) -> TaskDefinition:
    """The task with what the step's ``target`` takes away from it too."""
    if target is None:
        return definition
    own = definition.restrictions
    allowed = own.settable_variables
    if target.settable_variables is not None:
        # Both lists have to allow a name; patterns can't be intersected, a name can.
        allowed = (
            target.settable_variables
            if allowed is None
            else tuple(one for one in target.settable_variables if _fits(one, allowed))
        )
    commands = own.commands_restricted or target.commands == "restricted"
    return replace(definition, restrictions=Restrictions(commands, allowed))


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), one.lower()) for one in patterns)
