"""The starter workflows, and how a project's own values get into them.

Values are put in where they stand, so that comments and order stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources

import yaml

from modelyard import plain_yaml

INPUTS = "shared/modelyard/project/github/starters/inputs.json"
"""From the repository's root: the inputs of the reusable workflows, generated."""
_CALL = re.compile(r"uses: OWNER/modelyard/\.github/workflows/([\w-]+\.yml)@")
PLACEHOLDER = re.compile(r"(?<=uses: )OWNER/modelyard(/[^@\s]+)@\S+")


def names() -> list[str]:
    """``train`` and so on."""
    found = resources.files(__package__).joinpath("starters").iterdir()
    return sorted(one.name.removesuffix(".yml") for one in found if one.name.endswith(".yml"))


def inputs(name: str) -> list[str]:
    """What the workflow takes that a starter calls; none where it calls none."""
    called = _CALL.search(text(name))
    known: dict[str, list[str]] = json.loads(_file("inputs.json"))
    return known[called[1]] if called else []


def text(name: str) -> str:
    """A starter as it is."""
    return _file(f"{name}.yml")


def _file(name: str) -> str:
    path = resources.files(__package__).joinpath("starters").joinpath(name)
    return path.read_text(encoding="utf-8")


def filled(name: str, modelyard: str, inputs: Mapping[str, str]) -> str:
    """A starter for a project.

    :param modelyard: ``OWNER/NAME@REF`` that it is to call Modelyard at.
    :param inputs: of the reusable workflow, laid over those of the starter.
    """
    repository, _, ref = modelyard.partition("@")
    written = PLACEHOLDER.sub(lambda found: f"{repository}{found[1]}@{ref}", text(name))
    # From the end, so that places before stay where they are.
    for start, end, new in sorted(_edits(written, inputs), reverse=True):
        written = written[:start] + new + written[end:]
    return written


def _edits(written: str, inputs: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, new text) for each input."""
    given = _inputs(written)
    if given is None or not inputs:
        return
    there = {key.value: value for key, value in given.value}
    for key, value in inputs.items():
        if key in there:
            node = there[key]
            line_end = (
                "\n" if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") else ""
            )
            yield node.start_mark.index, node.end_mark.index, _scalar(value) + line_end
    new = [f"{key}: {_scalar(value)}" for key, value in inputs.items() if key not in there]
    if new:
        first = given.value[0][0].start_mark
        indent = " " * first.column
        yield first.index, first.index, "".join(f"{line}\n{indent}" for line in new)


def _inputs(written: str) -> yaml.MappingNode | None:
    """What the first job that calls a reusable workflow gives it."""
    root = plain_yaml.nodes(written)
    for job in _values(_value(root, "jobs")):
        given = _value(job, "with")
        if _value(job, "uses") is not None and isinstance(given, yaml.MappingNode):
            return given
    return None


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def _values(node: yaml.Node | None) -> list[yaml.Node]:
    return [value for _, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _scalar(value: str) -> str:
    """A text that YAML reads back as it is: plain where that is safe, else quoted."""
    if re.fullmatch(r"[A-Za-z][\w./-]*", value, re.ASCII) and isinstance(
        plain_yaml.load(value), str
    ):
        return value
    if value.isprintable() and "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(map(_escaped, escaped))}"'


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"
