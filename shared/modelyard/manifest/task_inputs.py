"""The inputs of a task, as the form of Azure Pipelines and its agent take them."""

from __future__ import annotations

import re
from typing import Any

from modelyard.manifest.examples import ordered
from modelyard.manifest.wording import camel_words, help_text
from modelyard.operation import Member, Operation, Structure

ROWS = "5"
LONGEST = "20000"
"""Letters that the form takes in a field of several lines; without it 5000."""


def inputs(operation: Operation[Any, Any]) -> list[dict[str, Any]]:
    """All of them, as the form shows them: the required first."""
    members = sorted(ordered(operation), key=lambda member: not member.required)
    return [_input(member, operation) for member in members]


def _input(member: Member, operation: Operation[Any, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": member.camel,
        "type": type_of(member),
        "label": member.label,
        "required": member.required and not member.spec.environment,
        "helpMarkDown": camel_words(help_text(member), operation),
    }
    if member.spec.secret:
        made["helpMarkDown"] += " Give a secret variable: $(name)."
    if member.spec.aliases:
        made["aliases"] = list(member.spec.aliases)
    # An empty default says: not set. Any other would go before the variables of the environment.
    made["defaultValue"] = "" if member.spec.environment else member.default_text
    if choices := options(member):
        made["options"] = choices
        made["properties"] = {"EditableOptions": "True"}  # for a variable, $(name)
    if made["type"] == "multiLine":
        made["properties"] = {"resizable": "true", "rows": ROWS, "maxLength": LONGEST}
    if member.spec.group:
        made["groupName"] = group_id(member.spec.group)
    if member.spec.visible_when:
        names = {one.name: one.camel for one in operation.input_members}
        made["visibleRule"] = rule(member.spec.visible_when, names)
    return made


def type_of(member: Member) -> str:
    """The type of an input.

    A number is a ``string``: ``int`` refuses ``$(variable)`` in the form and means nothing to the
    agent. A path is a ``filePath`` only where it is required, since the agent makes the folder of
    the sources of an empty one. A secret is a ``string`` too: there is no better type, and the
    agent masks what a secret variable gives.
    """
    if member.spec.connection:
        return f"connectedService:{member.spec.connection}"
    if options(member):
        return "pickList"
    if member.type is bool:
        return "boolean"
    if member.spec.multiline or member.type in (Structure, tuple[str, ...]):
        return "multiLine"
    return "filePath" if member.spec.file and member.required else "string"


def options(member: Member) -> dict[str, str]:
    """What a pick list offers, by value.

    A boolean that may be unset is one too: a check box in the form is always true or false.
    """
    if member.type is bool and member.default is None and not member.required:
        return {"true": "Yes", "false": "No"}
    return {choice: choice for choice in member.spec.choices}


def group_id(name: str) -> str:
    """The name of a group: ``Best run`` -> ``bestRun``."""
    words: list[str] = re.findall(r"[A-Za-z0-9]+", name)
    joined = words[0] + "".join(word.capitalize() for word in words[1:])
    return joined[0].lower() + joined[1:]


def rule(when: str, names: dict[str, str]) -> str:
    """A visibleRule in the names of the task: ``backend = x`` over camelCase inputs."""
    return re.sub(r"(^|&&|\|\|)(\s*)(\w+)", lambda one: f"{one[1]}{one[2]}{names[one[3]]}", when)
