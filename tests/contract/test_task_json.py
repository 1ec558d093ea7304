"""Every task.json against our schema and rules; and that these catch what is wrong."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.task_rules import problems
from modelyard import __version__, manifest, operations
from modelyard.manifest import task
from modelyard.operation import Operation

EVERY = operations.every()
TASKS = manifest.ROOT / "tasks"
SAMPLE = TASKS / "ModelyardSecretScopeV1"
"""A task with a pick list, a visible rule, an alias, groups and several lines."""


@pytest.mark.parametrize("operation", EVERY, ids=lambda one: one.name)
def test_a_task_is_right(operation: Operation[Any, Any]) -> None:
    folder = TASKS / task.folder(operation)

    assert problems(json.loads((folder / "task.json").read_text("utf-8")), folder) == []


def test_there_is_a_folder_for_each_operation_and_no_other() -> None:
    assert {one.name for one in TASKS.iterdir()} == {task.folder(one) for one in EVERY}


def _named(definition: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in definition["inputs"] if one["name"] == name)
    return found


Breaking = Callable[[dict[str, Any]], object]
BROKEN: dict[str, tuple[Breaking, str]] = {
    "no id": (lambda d: d.pop("id"), "'id' is a required property"),
    "no GUID": (lambda d: d.update(id="secret-scope"), "$.id"),
    "name": (lambda d: d.update(name="Modelyard_Scope"), "$.name"),
    "long friendlyName": (lambda d: d.update(friendlyName="x" * 41), "$.friendlyName"),
    "unknown key": (lambda d: d.update(helpUrI="x"), "'helpUrI' was unexpected"),
    "category": (lambda d: d.update(category="Databricks"), "$.category"),
    "version as text": (lambda d: d["version"].update(Major="1"), "$.version.Major"),
    "version without patch": (lambda d: d["version"].pop("Patch"), "'Patch' is a required"),
    "another major version": (lambda d: d["version"].update(Major=2), "isn't ModelyardSecretS"),
    "agent version": (lambda d: d.update(minimumAgentVersion="4.248"), "$.minimumAgentVersion"),
    "unknown handler": (lambda d: d["execution"].update(Node99={"target": "main.js"}), "Node99"),
    "handler without a number": (
        lambda d: d["execution"].update(Node20={"target": "main.js"}), "Node20"),
    "missing handler": (lambda d: d["execution"].pop("Node20_1"), "'Node20_1' is a required"),
    "no target": (lambda d: d["execution"]["Node24"].pop("target"), "'target' is a required"),
    "target that isn't there": (
        lambda d: d["execution"]["Node24"].update(target="mian.js"), "there is no file mian.js"),
    "post target that isn't there": (
        lambda d: d.update(postjobexecution={"Node20_1": {"target": "post.js"},
                                             "Node24": {"target": "post.js"}}),
        "postjobexecution Node24: there is no file post.js"),
    "input type": (lambda d: _named(d, "scope").update(type="text"), ".type"),
    "connection type": (lambda d: _named(d, "scope").update(type="connectedService"), ".type"),
    "input name": (lambda d: _named(d, "scope").update(name="the_scope"), ".name"),
    "no label": (lambda d: _named(d, "scope").pop("label"), "'label' is a required"),
    "required as text": (lambda d: _named(d, "scope").update(required="true"), ".required"),
    "default that isn't text": (lambda d: _named(d, "prune").update(defaultValue=False), "efaultV"),
    "two of one name": (lambda d: _named(d, "prune").update(name="Scope"), "two inputs are"),
    "alias of another": (lambda d: _named(d, "prune").update(aliases=["scope"]), "two inputs are"),
    "no such group": (lambda d: _named(d, "token").update(groupName="who"), "no group who"),
    "group of nothing": (
        lambda d: d["groups"].append({"name": "x", "displayName": "X", "isExpanded": True}),
        "no input is in the group x"),
    "default that is no option": (
        lambda d: _named(d, "backend").update(defaultValue="vault"), "none of its options"),
    "pick list of nothing": (lambda d: _named(d, "backend").pop("options"), "without options"),
    "options of a text": (lambda d: _named(d, "backend").update(type="string"), "with options"),
    "boolean default": (lambda d: _named(d, "prune").update(defaultValue="no"), "of a boolean"),
    "optional path": (lambda d: _named(d, "keyVaultDnsName").update(type="filePath"), "filePath"),
    "required with a default": (
        lambda d: _named(d, "scope").update(defaultValue="x"), "required and has a default"),
    "secret with a default": (
        lambda d: _named(d, "token").update(defaultValue="x"), "a secret has a default"),
    "short lines": (lambda d: _named(d, "secrets").pop("properties"), "without maxLength"),
    "rule of no input": (
        lambda d: _named(d, "secrets").update(visibleRule="backnd = x"), "speaks of backnd"),
    "rule of itself": (
        lambda d: _named(d, "prune").update(visibleRule="prune = true"), "speaks of prune"),
    "rule of a value there isn't": (
        lambda d: _named(d, "secrets").update(visibleRule="backend = vault"), "never is"),
    "rule of another language": (
        lambda d: _named(d, "secrets").update(visibleRule="backend == databricks"), "has 'backend"),
    "rule with both": (
        lambda d: _named(d, "secrets").update(
            visibleRule="prune = true && backend = databricks || dryRun = true"), "mixes"),
    "name of no input": (
        lambda d: d.update(instanceNameFormat="scope: $(scop)"), "names scop, which is no input"),
    "name without input": (lambda d: d.update(instanceNameFormat="scope"), "$.instanceNameFormat"),
    "output that can't be set": (
        lambda d: d["restrictions"]["settableVariables"]["allowed"].remove("keys"), "output keys"),
    "mode": (lambda d: d["restrictions"]["commands"].update(mode="none"), ".mode"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_task_is_caught(name: str) -> None:
    definition = json.loads((SAMPLE / "task.json").read_text("utf-8"))
    breaking, expected = BROKEN[name]
    broken = copy.deepcopy(definition)
    breaking(broken)

    assert broken != definition
    found = problems(broken, SAMPLE)
    assert found
    assert expected in "\n".join(found)


@pytest.mark.parametrize("content", [None, b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 16])
def test_a_missing_or_wrong_icon_is_caught(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / SAMPLE.name
    shutil.copytree(SAMPLE, folder)
    (folder / "icon.png").unlink()
    if content is not None:
        (folder / "icon.png").write_bytes(content)
    definition = json.loads((folder / "task.json").read_text("utf-8"))

    assert problems(definition, folder) == ["icon.png isn't a picture of 32 by 32 pixels"]


def test_the_version_is_the_one_of_the_package() -> None:
    expected = task.version(__version__)
    for operation in EVERY:
        file = TASKS / task.folder(operation) / "task.json"
        assert json.loads(file.read_text("utf-8"))["version"] == expected


def test_what_starts_the_launcher_leads_to_files_that_are_there() -> None:
    folders = [*TASKS.iterdir(), *(manifest.ROOT / "actions").iterdir()]
    assert len(folders) == 2 * len(EVERY)
    for folder in folders:
        launch = json.loads((folder / "launch.json").read_text("utf-8"))
        assert launch["operation"] in operations.NAMES
        assert launch["version"] == __version__
        assert (folder / launch["dependencies"]).is_file()
        assert (folder / launch["library"] / "modelyard" / "__init__.py").is_file()
        for script in folder.glob("*.js"):
            required = script.read_text("utf-8").split('require("')[1].split('")')[0]
            assert (folder / required).is_file(), f"{script}: {required}"
