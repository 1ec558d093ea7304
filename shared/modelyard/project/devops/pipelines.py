"""Pipelines as the file has them: each from a YAML file of the repository, with folder, triggers
and variables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from modelyard.project.devops import variables
from modelyard.project.document import Value
from modelyard.project.fields import Section, plain_text
from modelyard.project.secret_values import SecretReference
from modelyard.reading import nearest

KIND = "pipeline"
KEYS = ("name", "file", "folder", "triggers", "variables", "secrets")
TRIGGER_KEYS = ("branches", "paths", "batch")
FROM_FILE, NONE = "file", "none"
FROM_YAML, FROM_DEFINITION = 2, 1
"""``settingsSourceType``: the trigger is that of the YAML file, or that of the definition."""
PUSHES = "continuousIntegration"
"""``triggerType`` of what the key ``triggers`` says; schedules and pull requests have others."""
Json = dict[str, Any]
NO_FOLDER = "\\"
OF_YAML: Json = {"triggerType": PUSHES, "settingsSourceType": FROM_YAML}


@dataclass(frozen=True)
class Pipeline:
    """One, as the file has it."""

    name: str
    file: str
    """Path in the repository, without a slash before it."""
    folder: str
    r"""``\ml\training``; empty: as it is there, or none."""
    triggers: tuple[Json, ...] | None
    """For pushes, as a definition has them; None: as they are there, or those of the YAML file."""
    variables: dict[str, str]
    secrets: dict[str, SecretReference]


def read(section: Section) -> Pipeline:
    """One of the list."""
    folder = section.text("folder").replace("/", "\\").strip("\\")
    plain, secrets = variables.read(section)
    file = section.text("file", "azure-pipelines.yml").lstrip("/")
    if {"", ".", ".."} & {*file.split("/")} or "\\" in file:
        section.wrong("file", f"is {file}, no path of a file in the repository")
    return Pipeline(
        name=section.text("name", required=True),
        file=file,
        folder=f"{NO_FOLDER}{folder}" if section.has("folder") else "",
        triggers=_triggers(section),
        variables=plain,
        secrets=secrets,
    )


def check_known(section: Section, key: str, at: Value, known: Collection[str]) -> None:
    """A mistake where a text is the name of no pipeline of the file.

    :param at: the text: what stands below the key, or one of the list there.
    :param known: the names of those that it has; their case doesn't count.
    """
    name = plain_text(at)
    if name and name.lower() not in map(str.lower, known):
        what = f"has {name}, which isn't in azure-devops.pipelines{nearest(name, known)}"
        section.mistakes.add(at, f"{section.named(key)} {what}")


def _triggers(section: Section) -> tuple[Json, ...] | None:
    if not section.has("triggers"):
        return None
    if not isinstance(section.at("triggers").content, dict):
        said = section.text("triggers", FROM_FILE, choices=(FROM_FILE, NONE))
        return () if said == NONE else (OF_YAML,)
    inner = section.section("triggers", TRIGGER_KEYS)
    assert inner is not None
    branches = inner.texts("branches")
    if not inner.items("branches"):
        inner.wrong("branches", "is missing: +main, -release/*")
    for key in ("branches", "paths"):
        for item in inner.items(key):
            if item.content in ("+", "-"):
                inner.mistakes.add(item, f"{inner.named(key)} has a sign without a name")
    trigger = {
        "triggerType": PUSHES,
        "settingsSourceType": FROM_DEFINITION,
        "branchFilters": [_signed(one) for one in branches],
        "pathFilters": [_signed(one) for one in inner.texts("paths")],
        "batchChanges": inner.flag("batch", False),
    }
    return (trigger,)


def _signed(filter: str) -> str:
    return filter if filter[0] in "+-" else f"+{filter}"
