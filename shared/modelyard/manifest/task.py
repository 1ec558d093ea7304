"""``task.json``: an operation as an Azure Pipelines task.

Source: the agent's ``TaskManager`` (what it reads), ``TaskRunner`` (what it does with an input of
a type) and ``TaskRestrictionsExtension`` (what restrictions forbid); learn.microsoft.com, "Build
and release task schema".
"""

from __future__ import annotations

import json
import re
from typing import Any

from modelyard import __version__
from modelyard.documentation import HOME
from modelyard.manifest.examples import example, ordered
from modelyard.manifest.groups import GROUPS
from modelyard.manifest.task_inputs import group_id, inputs
from modelyard.manifest.wording import (
    AUTHOR,
    TASK_MAJOR,
    camel_words,
    reference_url,
    shown_name,
)
from modelyard.operation import Member, Operation

AGENT = "3.232.1"
"""The oldest agent that has Node 20 (``Node20_1`` came with 3.232), which is enough: one older than
4.265.1 ignores the handler ``Node24``. Asking for more would upgrade or refuse agents for nothing.
"""
ANY = "*"
"""As a pattern: every variable."""
MULTILINE = "SYSTEM_UNSAFEALLOWMULTILINESECRET"
"""What ``ci/azure_pipelines.py`` sets around a secret output of several lines."""


def text(operation: Operation[Any, Any]) -> str:
    """``tasks/NAMEV1/task.json``."""
    return json.dumps(task(operation), indent=2, ensure_ascii=False) + "\n"


def folder(operation: Operation[Any, Any]) -> str:
    """Name of the task's folder: ``ModelyardClusterStartV1``."""
    return f"{operation.task_name}V{TASK_MAJOR}"


def task(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The whole definition."""
    made: dict[str, Any] = {
        "id": operation.task_id,
        "name": operation.task_name,
        "friendlyName": shown_name(operation),
        "description": f"{operation.title}. {operation.description}",
        "helpUrl": reference_url(operation),
        "helpMarkDown": f"[Every input and output]({reference_url(operation)}) "
        f"([Modelyard]({HOME}))",
        "category": GROUPS[operation.group].category,
        "visibility": ["Build", "Release"],
        "author": AUTHOR,
        "version": version(__version__),
        "minimumAgentVersion": AGENT,
        "showEnvironmentVariables": True,
        "instanceNameFormat": f"{operation.name}: $({named_by(operation).camel})",
        "groups": groups(operation),
        "inputs": inputs(operation),
        "outputVariables": [
            {"name": member.camel, "description": camel_words(member.spec.help, operation)}
            for member in operation.output_members
        ],
        "restrictions": restrictions(operation),
        "execution": _handlers("main.js"),
    }
    if operation.release:
        made["postjobexecution"] = _handlers("post.js")
    return made


def version(package: str) -> dict[str, int]:
    """The task's version for one of the package: the same three numbers.

    Azure DevOps takes an update only with a higher version, and knows no others than these: a
    release candidate would have to be higher than what it is a candidate for.

    :raises ValueError: for any other version.
    """
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", package)
    if not found:
        raise ValueError(f"{package!r} isn't a version MAJOR.MINOR.PATCH")
    return dict(zip(("Major", "Minor", "Patch"), map(int, found.groups()), strict=True))


def named_by(operation: Operation[Any, Any]) -> Member:
    """The input that tells one step from another in a list of steps."""
    known = {member.kebab: member for member in operation.input_members}
    shown = [known[name] for name in example(operation) if not known[name].spec.secret]
    required = [member for member in operation.input_members if member.required]
    short = [one for one in (*required, *shown) if _is_short(one)]
    return next(iter(short or shown or known.values()))


def _is_short(member: Member) -> bool:
    return member.type is str and not member.spec.choices and not member.spec.multiline


def groups(operation: Operation[Any, Any]) -> list[dict[str, Any]]:
    """The headings of the form. Open are those that the example needs, and who signs in."""
    members = operation.input_members
    names = dict.fromkeys(one.spec.group for one in ordered(operation) if one.spec.group)
    shown = example(operation)
    return [
        {
            "name": group_id(name),
            "displayName": name,
            "isExpanded": name == "Workspace"
            or any(member.kebab in shown for member in members if member.spec.group == name),
        }
        for name in names
    ]


def restrictions(operation: Operation[Any, Any]) -> dict[str, Any]:
    """What the agent lets the step do, whatever is printed in it.

    Restricted mode drops ``task.uploadsummary`` and ``artifact.upload`` (and warns), so an
    operation that attaches something can't have it. It leaves ``logissue``, ``complete``,
    ``setprogress``, ``setsecret``, ``setvariable``, ``settaskvariable``, ``prependpath``,
    ``debug`` and ``logdetail``. ``setvariable`` and ``prependpath`` (as PATH) take the allowed
    names only, which are patterns; ``settaskvariable`` isn't asked.
    """
    secret = any(member.spec.secret for member in operation.output_members)
    allowed = [
        *(member.camel for member in operation.output_members),
        *operation.variables,
        *([MULTILINE] if secret else []),
    ]
    if ANY in allowed:
        allowed = [ANY]
    made: dict[str, Any] = {"settableVariables": {"allowed": allowed}}
    if not operation.attaches:
        made["commands"] = {"mode": "restricted"}
    return made


def _handlers(script: str) -> dict[str, Any]:
    return {name: {"target": script, "argumentFormat": ""} for name in ("Node20_1", "Node24")}
