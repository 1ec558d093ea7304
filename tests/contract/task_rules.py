"""What a task's folder has to be: a JSON schema, and the rules that a schema can't tell."""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = json.loads(Path(__file__).with_name("task.schema.json").read_text(encoding="utf-8"))
CONDITION = re.compile(r"\s*(\w+)\s*(?:=|!=)\s*([^=!&|]*[^=!&|\s])\s*")
HANDLERS = ("prejobexecution", "execution", "postjobexecution")


def problems(definition: Any, folder: Path) -> list[str]:
    """All that is wrong with a task; the rules are asked only when the schema has nothing."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(definition)]
    return sorted(found) or list(_broken_rules(definition, folder))


def _broken_rules(task: dict[str, Any], folder: Path) -> Iterator[str]:
    expected = f"{task['name']}V{task['version']['Major']}"
    if folder.name != expected:
        yield f"the folder {folder.name} isn't {expected}"
    yield from _names(task)
    yield from _groups(task)
    for one in task["inputs"]:
        yield from (f"input {one['name']}: {problem}" for problem in _input(one, task))
    yield from _references(task)
    for when in HANDLERS:
        for name, handler in task.get(when, {}).items():
            if not (folder / handler["target"]).is_file():
                yield f"{when} {name}: there is no file {handler['target']}"
    yield from _icon(folder / "icon.png")


def _names(task: dict[str, Any]) -> Iterator[str]:
    """The agent makes INPUT_NAME of a name, in capitals; aliases share the room of names."""
    named = [name for one in task["inputs"] for name in (one["name"], *one.get("aliases", ()))]
    for what, names in (
        ("inputs", named),
        ("outputs", [one["name"] for one in task["outputVariables"]]),
        ("groups", [one["name"] for one in task["groups"]]),
    ):
        yield from (f"two {what} are named {name}" for name in _twice(map(str.upper, names)))


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _groups(task: dict[str, Any]) -> Iterator[str]:
    groups = {one["name"] for one in task["groups"]}
    used = {one["groupName"] for one in task["inputs"] if "groupName" in one}
    yield from (f"there is no group {name}" for name in sorted(used - groups))
    yield from (f"no input is in the group {name}" for name in sorted(groups - used))


def _input(one: dict[str, Any], task: dict[str, Any]) -> Iterator[str]:
    kind, default, options = one["type"], one["defaultValue"], one.get("options")
    if (kind in ("pickList", "radio")) != (options is not None):
        yield f"a {kind} {'without' if options is None else 'with'} options"
    if options is not None and default and default not in options:
        yield f"the default {default} is none of its options"
    if kind == "boolean" and default not in ("true", "false"):
        yield f"the default {default!r} of a boolean"
    if kind == "filePath" and not one["required"]:
        yield "the agent makes the sources folder of an empty filePath"
    if one["required"] and default:
        yield "it is required and has a default"
    if re.search(r"(?i)(token|secret|password|key)$", one["name"]) and default:
        yield "a secret has a default"
    if kind == "multiLine" and "maxLength" not in one.get("properties", {}):
        yield "a form cuts several lines at 5000 letters without maxLength"
    if "visibleRule" in one:
        yield from _visible(one, {other["name"]: other for other in task["inputs"]})


def _visible(one: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> Iterator[str]:
    rule = one["visibleRule"]
    if "&&" in rule and "||" in rule:
        yield "the visibleRule mixes && and ||"
    for condition in re.split(r"&&|\|\|", rule):
        found = CONDITION.fullmatch(condition)
        if not found:
            yield f"the visibleRule has {condition.strip()!r}"
            continue
        name, value = found.groups()
        if name not in inputs or name == one["name"]:
            yield f"the visibleRule speaks of {name}"
            continue
        other = inputs[name]
        values = other.get("options") or (
            ("true", "false") if other["type"] == "boolean" else (value,)
        )
        if value not in values:
            yield f"the visibleRule asks whether {name} is {value}, which it never is"


def _references(task: dict[str, Any]) -> Iterator[str]:
    inputs = {one["name"] for one in task["inputs"]}
    for name in re.findall(r"\$\((\w+)\)", task["instanceNameFormat"]):
        if name not in inputs:
            yield f"instanceNameFormat names {name}, which is no input"
    allowed = task["restrictions"]["settableVariables"]["allowed"]
    for output in task["outputVariables"]:
        if output["name"] not in allowed and "*" not in allowed:
            yield f"the output {output['name']} isn't a settable variable"


def _icon(file: Path) -> Iterator[str]:
    """The service takes a PNG of 32 by 32 pixels."""
    start = file.read_bytes()[:24] if file.is_file() else b""
    if start[:8] != b"\x89PNG\r\n\x1a\n" or struct.unpack(">II", start[16:24]) != (32, 32):
        yield "icon.png isn't a picture of 32 by 32 pixels"
