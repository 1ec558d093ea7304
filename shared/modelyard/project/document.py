"""``modelyard.yml`` as a tree in which everything knows where it stands.

YAML or JSON. Keys of ours are read in both spellings, ``variable-groups`` and ``variableGroups``;
``--set KEY=VALUE`` is laid over the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from modelyard import plain_yaml
from modelyard.documentation import page
from modelyard.errors import FileError, InputError

DEFAULT = "modelyard.yml"
_NAME = r"[^.\[\]]+"
_STEP = re.compile(rf"\[(\d+)\]|({_NAME})")


@dataclass(frozen=True)
class Value:
    """A value, and where it stands."""

    content: Any
    """None, a bool, a number, a text, ``tuple[Value, ...]`` or ``dict[str, Value]``."""
    where: str
    """``modelyard.yml:12``, or the option that it comes from."""
    written: str | None = None
    """A scalar as the file has it: ``3.10``, where the number is 3.1; None for anything else."""

    @property
    def line(self) -> int:
        """0 where it isn't of a file."""
        number = self.where.rpartition(":")[2]
        return int(number) if number.isdigit() else 0


def kebab(key: str) -> str:
    """``variableGroups`` as ``variable-groups``; that stays as it is."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "-" + found[1].lower(), key)


def read(path: Path, settings: Sequence[str] = ()) -> Value:
    """The file, with the settings of the command line over it.

    :param settings: each ``KEY=VALUE``, such as ``azure-devops.project=Wine`` or
        ``azureDevops.pipelines[0].name=train``; the value is YAML.
    :raises FileError: when it can't be read, isn't YAML or JSON, or isn't a mapping.
    :raises InputError: for a setting that can't be laid over it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(
            f"{path} can't be read: {error.strerror}",
            fix=f"name the file by --file; {page('setup')} shows one to start with",
        ) from None
    except UnicodeDecodeError:
        raise FileError(f"{path} isn't UTF-8 text", fix="save it as UTF-8") from None
    found = _parsed(text, str(path))
    if not isinstance(found.content, dict):
        raise FileError(
            f"{path} isn't a mapping with azure-devops or github in it",
            fix=f"{page('setup')} shows a file to start with",
        )
    for setting in settings:
        key, equals, given = setting.partition("=")
        steps = _steps(key)
        if not equals or not steps:
            raise InputError(
                f"--set {key} isn't KEY=VALUE",
                fix="write for example --set azure-devops.project=Wine",
            )
        value = _parsed(given, f"--set {key}")
        found = _laid(found, steps, replace(value, where=f"--set {key}"), f"--set {key}")
    return found


def _parsed(text: str, name: str) -> Value:
    try:
        root = plain_yaml.nodes(_as_yaml(text))
        return Value(None, f"{name}:1") if root is None else _value(root, name)
    except plain_yaml.Mistake as mistake:
        at = f":{mistake.line}:{mistake.column}" if mistake.line else ""
        error = FileError(
            f"{name}{at}: this isn't YAML or JSON: {mistake.problem}",
            fix="correct it at that place",
        )
        error.file, error.line = name, mistake.line
        raise error from None
    except (RecursionError, ValueError):
        raise FileError(
            f"{name}: this is nested too deep, or refers to itself",
            fix="write it without references to what is above",
        ) from None


def _as_yaml(text: str) -> str:
    """JSON as YAML has it, which takes no tabs to indent with. JSON has them nowhere else."""
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.replace("\t", " ")


def _whole(text: str) -> str:
    """With characters whole that JSON escapes in two halves."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _value(node: yaml.Node, name: str) -> Value:
    where = f"{name}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Value] = {}
        own: set[str] = set()
        for key, one in node.value:
            spelt = str(key.value)
            # What a merge key (<<) brings stands elsewhere, and may be overridden.
            is_own = node.start_mark.index <= key.start_mark.index < node.end_mark.index
            if not isinstance(key, yaml.ScalarNode) or (is_own and spelt in own):
                line = key.start_mark.line + 1
                problem = f"{spelt} is there twice" if spelt in own else "a key isn't a text"
                raise plain_yaml.Mistake(problem, line, key.start_mark.column + 1)
            if is_own:
                own.add(spelt)
            # The key's line, not that of what stands below it.
            value = _value(one, name)
            found[spelt] = replace(value, where=f"{name}:{key.start_mark.line + 1}")
        return Value(found, where)
    if isinstance(node, yaml.SequenceNode):
        return Value(tuple(_value(one, name) for one in node.value), where)
    assert isinstance(node, yaml.ScalarNode)
    plain = plain_yaml.plain(node)
    return Value(_whole(plain) if isinstance(plain, str) else plain, where, node.value)


def _steps(key: str) -> list[str | int]:
    if not re.fullmatch(rf"{_NAME}(\.{_NAME}|\[\d+\])*", key):
        return []
    return [int(index) if index else name for index, name in _STEP.findall(key)]


def _laid(below: Value, steps: Sequence[str | int], value: Value, name: str) -> Value:
    """The tree with one value put in."""
    if not steps:
        return value
    first, *rest = steps
    content = {} if below.content is None else below.content
    if isinstance(first, int):
        if not isinstance(content, tuple) or first >= len(content):
            raise InputError(
                f"{name}: there is no [{first}] in the file to set",
                fix="set the whole list: --set 'github.environments=[{name: staging}]'",
            )
        changed = _laid(content[first], rest, value, name)
        return replace(below, content=(*content[:first], changed, *content[first + 1 :]))
    if not isinstance(content, dict):
        raise InputError(
            f"{name}: what {first} would be in isn't a mapping",
            fix="an item of a list goes by its number: --set github.environments[0].name=staging",
        )
    key = _spelt(first, content)
    return replace(
        below, content={**content, key: _laid(content.get(key, Value({}, name)), rest, value, name)}
    )


def _spelt(key: str, content: Mapping[str, Value]) -> str:
    """The key as the file has it; its own where the file has none of it."""
    return next((one for one in content if one == key), None) or next(
        (one for one in content if kebab(one) == kebab(key)), key
    )


def texts(value: Value) -> Iterator[str]:
    """Every text below a value."""
    if isinstance(value.content, str):
        yield value.content
    elif isinstance(value.content, dict):
        for one in value.content.values():
            yield from texts(one)
    elif isinstance(value.content, tuple):
        for one in value.content:
            yield from texts(one)
