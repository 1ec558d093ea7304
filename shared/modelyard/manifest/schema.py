"""The JSON schema of an operation's inputs (draft 2020-12), by their kebab-case names.

Service connections aren't in it: Azure Pipelines alone has them.
"""

from __future__ import annotations

import json
from typing import Any

from modelyard.manifest.written import MARK
from modelyard.operation import Member, Operation, Structure

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text(operation: Operation[Any, Any]) -> str:
    """``docs/reference/schemas/NAME.json``."""
    return json.dumps(schema(operation), indent=2, ensure_ascii=False) + "\n"


def schema(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The schema. What the environment can give isn't required here; secrets are write-only."""
    members = [member for member in operation.input_members if not member.spec.connection]
    return {
        "$schema": DIALECT,
        "$comment": MARK,
        "title": f"Inputs of {operation.name}",
        "description": operation.description,
        "type": "object",
        "additionalProperties": False,
        "properties": {member.kebab: _property(member) for member in members},
        "required": [m.kebab for m in members if m.required and not m.spec.environment],
    }


def _property(member: Member) -> dict[str, Any]:
    made: dict[str, Any] = {"description": member.spec.help, **_type(member)}
    if member.spec.choices:
        made["enum"] = list(member.spec.choices)
    if member.default not in (None, ()):
        default = member.default
        made["default"] = list(default) if isinstance(default, tuple) else default
    if member.spec.secret:
        made["writeOnly"] = True
    return made


def _type(member: Member) -> dict[str, Any]:
    if member.type == tuple[str, ...]:
        # A text has one item a line.
        return {"type": ["array", "string"], "items": {"type": "string"}}
    if member.type is Structure:
        # A text is YAML or JSON in place, or the path of a file of it.
        return {"type": ["object", "array", "string"]}
    names = {int: "integer", float: "number", bool: "boolean", str: "string"}
    return {"type": names[member.type]}
