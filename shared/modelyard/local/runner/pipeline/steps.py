"""Steps, from their expanded mappings.

Source: learn.microsoft.com, ``yaml-schema/steps`` and the pages of its keywords.
"""

from __future__ import annotations

import re
from dataclasses import replace

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.plan import CHECKOUT, Place, Step, Target
from modelyard.local.runner.pipeline.problems import listed
from modelyard.local.runner.pipeline.shorthand import (
    COMMON_KEYS,
    SHORTHANDS,
    STEP_KEYWORDS,
    Shorthand,
    keyword_of,
)
from modelyard.local.runner.pipeline.task_inputs import known_task, other_names, task_inputs
from modelyard.reading import nearest

RETRIES = 10
NONE = "none"
_TASK = re.compile(r"[A-Za-z0-9_.\-]+@\d+(\.\d+){0,2}")


def steps(node: Node | None, building: Building) -> tuple[Step, ...]:
    """The steps of a job or hook. ``checkout: none`` and ``download: none`` are left out."""
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return ()
    if not isinstance(node, Sequence):
        building.problems.add(node.place, f"steps is a list, not {kind_of(node)}")
        return ()
    found: list[Step] = []
    names: dict[str, Place] = {}
    for item in node.items:
        one = _step(item, building)
        if one is None:
            continue
        if one.name:
            if one.name.lower() in names:
                message = f"a step is named {one.name} already, at {names[one.name.lower()]}"
                building.problems.add(one.place, message)
            names[one.name.lower()] = one.place
        found.append(one)
    return tuple(found)


def has_keyword(node: Node | None, keyword: str) -> bool:
    """Whether a list of steps has one of this keyword, be it ``none``."""
    items = node.items if isinstance(node, Sequence) else []
    return any(isinstance(item, Mapping) and keyword_of(item) == keyword for item in items)


def _step(node: Node, building: Building) -> Step | None:
    item = building.expect_mapping(node, "a step")
    if item is None:
        return None
    keyword = keyword_of(item)
    if not keyword:
        if not item.entries:
            return None
        key = item.entries[0][0]
        hint = nearest(key.text, STEP_KEYWORDS)
        message = f"this is no step: it has none of {listed(STEP_KEYWORDS)}{hint}"
        building.problems.add(key.place, message)
        return None
    building.first_key(item, keyword, "a step")
    if keyword == "task":
        return _task(item, building)
    short = SHORTHANDS[keyword]
    known = (keyword, *short.keys, *COMMON_KEYS)
    fields = Fields(item, f"a {keyword} step", known, building.problems)
    if not short.task and keyword != "checkout":
        message = f"{keyword} steps can't run on this machine"
        building.problems.add(item.place, message)
        return None
    subject = fields.text(keyword)
    if keyword in ("checkout", "download") and not fields.required(keyword):
        return None
    if keyword in ("checkout", "download") and subject.strip().lower() == NONE:
        return None
    task, _, version = short.task.partition("@")
    inputs = _shorthand_inputs(keyword, short, fields, building)
    return _common(fields, keyword, subject, task or CHECKOUT, version, inputs, building)


def _task(item: Mapping, building: Building) -> Step | None:
    fields = Fields(item, "a task step", ("task", "inputs", *COMMON_KEYS), building.problems)
    reference = fields.scalar("task")
    if reference is None or not _TASK.fullmatch(reference.text.strip()):
        place = fields.place_of("task")
        text = reference.text if reference else ""
        building.problems.add(place, f"task is written Name@1, not {text!r}")
        return None
    known = known_task(reference, building)
    given = fields.mapping("inputs")
    inputs = task_inputs(given, known, reference.place, building)
    name, _, version = reference.text.strip().partition("@")
    if known:
        name = known.name
    step = _common(fields, "task", reference.text.strip(), name, version, inputs, building)
    return replace(step, written=other_names(given, known))


def _common(
    fields: Fields,
    keyword: str,
    subject: str,
    task: str,
    version: str,
    inputs: dict[str, str],
    building: Building,
) -> Step:
    return Step(
        task,
        version,
        fields.place,
        keyword=keyword,
        subject=subject,
        inputs=inputs,
        name=building.name(fields.node_of("name"), "a step"),
        display_name=fields.text("displayName"),
        condition=building.condition(fields.scalar("condition"), "step"),
        enabled=fields.truth("enabled", True),
        continue_on_error=fields.truth("continueOnError", False),
        timeout_minutes=fields.number("timeoutInMinutes", 0),
        retry_count=fields.number("retryCountOnTaskFailure", 0, RETRIES),
        env=fields.environment("env"),
        target=_target(fields, building),
    )


def _target(fields: Fields, building: Building) -> Target | None:
    node = fields.node_of("target")
    if node is None or isinstance(node, Scalar):
        return Target(container=node.text) if node else None
    item = building.expect_mapping(node, "target")
    if item is None:
        return None
    inner = Fields(
        item, "a target", ("container", "commands", "settableVariables"), fields.problems
    )
    settable: tuple[str, ...] | None = None
    if "settableVariables" in inner:
        settable = tuple(one for one in inner.texts("settableVariables") if one.lower() != NONE)
    return Target(
        container=inner.text("container"),
        commands=inner.choice("commands", ("any", "restricted"), "any"),
        settable_variables=settable,
    )


def _shorthand_inputs(
    keyword: str, short: Shorthand, fields: Fields, building: Building
) -> dict[str, str]:
    inputs = dict(short.fixed)
    if short.subject:
        inputs[short.subject] = fields.text(keyword)
    for key, name in short.keys.items():
        if key in fields:
            inputs[name] = fields.text(key)
    if keyword == "checkout":
        _check_repository(fields, building)
    if keyword == "download":
        return download_inputs(fields.text(keyword), inputs, fields.place_of(keyword), building)
    return inputs


def _check_repository(fields: Fields, building: Building) -> None:
    alias = fields.text("checkout").strip()
    known = ["self", *(one.alias for one in building.resources.repositories)]
    if "://" in alias or "@" in alias:  # a repository written in place: git://project/name@ref
        return
    if alias.lower() not in [one.lower() for one in known]:
        message = f"resources.repositories declares no repository {alias}{nearest(alias, known)}"
        building.problems.add(fields.place_of("checkout"), message)


def download_inputs(
    what: str, inputs: dict[str, str], place: Place, building: Building
) -> dict[str, str]:
    """The inputs of DownloadPipelineArtifact@2 that a ``download`` stands for.

    An artifact goes to ``$(Pipeline.Workspace)/<artifact>``, that of a pipeline resource to
    ``$(Pipeline.Workspace)/<alias>/<artifact>``. Source: ``yaml-schema/steps-download``.
    """
    what = what.strip()
    folder = ["$(Pipeline.Workspace)"]
    result: dict[str, str] = {"buildType": "current"}
    if what.lower() != "current":
        known = building.resources.pipelines
        found = next((one for one in known if one.alias.lower() == what.lower()), None)
        if found is None:
            names = ["current", NONE, *(one.alias for one in known)]
            message = f"resources.pipelines declares no pipeline {what}{nearest(what, names)}"
            building.problems.add(place, message)
            return result
        folder.append(found.alias)
        result = {"buildType": "specific", "definition": found.source or found.alias}
        if found.project:
            result["project"] = found.project
        if found.branch:
            result["buildVersionToDownload"] = "latestFromBranch"
            result["branchName"] = found.branch
    if inputs.get("artifactName"):
        folder.append(inputs["artifactName"])
    return {**result, **inputs, "targetPath": "/".join(folder)}
