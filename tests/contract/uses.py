"""Uses of this project's tasks and actions in YAML: that they, their inputs and outputs exist.

The validators of GitHub and Azure DevOps don't look into an action that lies in the repository
itself, and know no task of ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modelyard import operations
from modelyard.manifest.action import github_inputs
from modelyard.manifest.wording import TASK_MAJOR
from modelyard.operation import Member, Operation
from modelyard.reading import nearest

ACTION = re.compile(r"(?:\.|\$|[\w.-]+/modelyard)/actions/([^@/\s]*)/?(?:@\S+)?")
TASK = re.compile(r"(Modelyard\w*)@(\S*)")
GITHUB_OUTPUT = re.compile(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)")
AZURE_OUTPUT = re.compile(r"\$\(([A-Za-z]\w*)\.(\w+)\)")
EXPRESSION = re.compile(r"\$\(|\$\{\{|\$\[")
BLOCK = re.compile(r"^( *)```ya?ml\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
TASKS = {one.task_name: one for one in operations.every()}
ACTIONS = {one.name: one for one in operations.every()}
SKIPPED = {".git", ".venv", ".cache", ".modelyard", "build", "dist", "node_modules"}


@dataclass(frozen=True)
class Use:
    """A step that uses an operation."""

    line: int
    operation: Operation[Any, Any]
    id: str
    inputs: dict[str, Any]
    on_azure: bool

    @property
    def members(self) -> list[Member]:
        """The inputs that it may have."""
        return (
            list(self.operation.input_members) if self.on_azure else github_inputs(self.operation)
        )

    def names(self, member: Member) -> tuple[str, ...]:
        """What an input or output of it is called."""
        if not self.on_azure:
            return (member.kebab,)
        return (member.camel, *getattr(member.spec, "aliases", ()))


def documents(root: Path) -> Iterator[tuple[str, int, str]]:
    """Every YAML of the repository: path, line it begins on, text; also in Markdown."""
    for path in sorted(_files(root)):
        relative = path.relative_to(root)
        if path.suffix in (".yml", ".yaml"):
            yield relative.as_posix(), 1, path.read_text("utf-8")
        elif path.suffix == ".md":
            text = path.read_text("utf-8")
            for found in BLOCK.finditer(text):
                line = text.count("\n", 0, found.start(2)) + 1
                yield relative.as_posix(), line, found[2]


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(folder, name) for name in names)


def problems(text: str) -> list[tuple[int, str]]:
    """What is wrong with the uses in a YAML text: line from 0, and a sentence."""
    try:
        nodes = [node for node in yaml.compose_all(text, yaml.BaseLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        return [(line, f"this isn't YAML: {error.problem}")]
    found: list[tuple[int, str]] = []
    uses: list[Use] = []
    for node in nodes:
        for step in _mappings(node):
            uses += _uses(step, found)
    for use in uses:
        found += [(use.line, problem) for problem in _wrong_inputs(use)]
    return sorted(found + list(_wrong_outputs(text, uses)))


def _mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def _uses(node: yaml.MappingNode, found: list[tuple[int, str]]) -> Iterator[Use]:
    line = node.start_mark.line
    step = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    task, action = (_scalar(step.get(key)) for key in ("task", "uses"))
    if match := TASK.fullmatch(task):
        if match[1] not in TASKS:
            found.append((line, f"there is no task {match[1]}{nearest(match[1], TASKS)}"))
        elif match[2].split(".")[0] != str(TASK_MAJOR):
            found.append((line, f"{task}: the major version is {TASK_MAJOR}"))
        else:
            given = _given(step.get("inputs"))
            yield Use(line, TASKS[match[1]], _scalar(step.get("name")), given, on_azure=True)
    if match := ACTION.fullmatch(action):
        if match[1] not in ACTIONS:
            found.append((line, f"there is no action {match[1]}{nearest(match[1], ACTIONS)}"))
        else:
            given = _given(step.get("with"))
            yield Use(line, ACTIONS[match[1]], _scalar(step.get("id")), given, on_azure=False)


def _scalar(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _given(node: yaml.Node | None) -> dict[str, Any]:
    """The inputs of a step, with those in it that ``${{ if }}`` adds."""
    given: dict[str, Any] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value.startswith("${{"):
                given |= _given(value)
            else:
                given[key.value] = _scalar(value)
    return given


def _wrong_inputs(use: Use) -> Iterator[str]:
    named = {name: member for member in use.members for name in use.names(member)}
    name = use.operation.name
    for key, value in use.inputs.items():
        choices = named[key].spec.choices if key in named else ()
        if key not in named:
            yield f"{name} has no input {key}{nearest(key, named)}"
        elif choices and value not in choices and not EXPRESSION.search(value):
            yield f"{key} of {name} is {value}{nearest(value, choices)}"
    given = {named[key].name for key in use.inputs if key in named}
    for member in use.members:
        if member.required and not member.spec.environment and member.name not in given:
            yield f"{name} lacks the input {use.names(member)[0]}"


def _wrong_outputs(text: str, uses: list[Use]) -> Iterator[tuple[int, str]]:
    for use in uses:
        if not use.id:
            continue
        known = {use.names(member)[0] for member in use.operation.output_members}
        for found in (AZURE_OUTPUT if use.on_azure else GITHUB_OUTPUT).finditer(text):
            if found[1] == use.id and found[2] not in known:
                line = text.count("\n", 0, found.start())
                name = use.operation.name
                yield line, f"{name} has no output {found[2]}{nearest(found[2], known)}"
