"""Pipelines as the file has them: each from a YAML file of the repository, with folder, triggers
and variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.project.devops import variables
from modelyard.project.fields import Section
from modelyard.project.secret_values import SecretReference

KIND = "pipeline"
KEYS = ("name", "file", "folder", "triggers", "variables", "secrets")
TRIGGER_KEYS = ("branches", "paths", "batch")
FROM_FILE, NONE = "file", "none"
FROM_YAML, FROM_DEFINITION = 2, 1
"""``settingsSourceType``: the trigger is that of the YAML file, or that of the definition."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Pipeline:
    """One, as the file has it."""

    name: str
    file: str
    """Path in the repository, without a slash before it."""
    folder: str
    r"""``\`` for none, ``\ml\training``."""
    triggers: tuple[Json, ...]
    """As a definition has them."""
    variables: dict[str, str]
    secrets: dict[str, SecretReference]


def read(section: Section) -> Pipeline:
    """One of the list."""
    folder = section.text("folder").replace("/", "\\").strip("\\")
    plain, secrets = variables.read(section)
    return Pipeline(
        name=section.text("name", required=True),
        file=section.text("file", "azure-pipelines.yml").lstrip("/"),
        folder=f"\\{folder}",
        triggers=_triggers(section),
        variables=plain,
        secrets=secrets,
    )


def _triggers(section: Section) -> tuple[Json, ...]:
    ci: Json = {"triggerType": "continuousIntegration"}
    if not isinstance(section.at("triggers").content, dict) or not section.has("triggers"):
        said = section.text("triggers", FROM_FILE, choices=(FROM_FILE, NONE))
        if said == NONE:
            return ()
        return ({**ci, "settingsSourceType": FROM_YAML},)
    inner = section.section("triggers", TRIGGER_KEYS)
    assert inner is not None
    branches = inner.texts("branches")
    if not branches:
        inner.wrong("branches", "is missing: +main, -release/*")
    trigger = {
        **ci,
        "settingsSourceType": FROM_DEFINITION,
        "branchFilters": [_signed(one) for one in branches],
        "pathFilters": [_signed(one) for one in inner.texts("paths")],
        "batchChanges": inner.flag("batch", False),
    }
    return (trigger,)


def _signed(filter: str) -> str:
    return filter if filter[0] in "+-" else f"+{filter}"
