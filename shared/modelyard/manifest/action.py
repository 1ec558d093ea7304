"""``action.yml``: an operation as a GitHub action.

Source: docs.github.com, "Metadata syntax for GitHub Actions". GitHub doesn't enforce ``required``
of an input: the operation does, when it reads them.
"""

from __future__ import annotations

from typing import Any

import yaml

from modelyard.manifest.examples import ordered
from modelyard.manifest.groups import GROUPS
from modelyard.manifest.wording import AUTHOR, help_text, shown_name
from modelyard.manifest.written import MARK
from modelyard.operation import Member, Operation

USING = "node24"
WIDTH = 90
FROM = " Take it from the secrets context."


def text(operation: Operation[Any, Any]) -> str:
    """``actions/NAME/action.yml``: a blank line between its parts."""
    parts = [
        yaml.safe_dump({key: value}, sort_keys=False, width=WIDTH, allow_unicode=True)
        for key, value in action(operation).items()
    ]
    return "\n".join([f"# {MARK}\n", *parts])


def action(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The whole definition."""
    group = GROUPS[operation.group]
    made: dict[str, Any] = {
        "name": shown_name(operation),
        "description": f"{operation.title}. {operation.description}",
        "author": AUTHOR,
        "branding": {"icon": group.feather, "color": group.colour},
    }
    if members := github_inputs(operation):
        made["inputs"] = {member.kebab: _input(member) for member in members}
    if operation.output_members:
        made["outputs"] = {
            member.kebab: {"description": member.spec.help} for member in operation.output_members
        }
    made["runs"] = {"using": USING, "main": "main.js"}
    if operation.release:
        made["runs"] |= {"post": "post.js", "post-if": "always()"}
    return made


def github_inputs(operation: Operation[Any, Any]) -> list[Member]:
    """The inputs on GitHub: it has no service connections."""
    return [member for member in ordered(operation) if not member.spec.connection]


def _input(member: Member) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": help_text(member) + (FROM if member.spec.secret else ""),
        "required": member.required and not member.spec.environment,
    }
    # A default would go before the variables of the environment.
    if member.default_text and not member.spec.environment:
        made["default"] = member.default_text
    return made
