"""The file of a variable group.

JSON or YAML: ``name: value``, or as ``az pipelines variable-group show`` writes it,
``variables: {name: {value: ..., isSecret: true}}``. Values are the texts that the file has:
``1.10`` and ``no`` too. What is wrong with a file is told by its place, never in the file's words:
they may be secrets.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from modelyard.errors import FileError
from modelyard.local.runner.engine.job_variables import GroupValue

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""How YAML writes no value, where it isn't quoted."""
Content = str | None | dict[str, "Content"] | list["Content"]


def group(path: Path) -> dict[str, GroupValue]:
    """The variables of a group.

    :raises FileError: when the file can't be read or is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path} isn't UTF-8 text", fix="save it as UTF-8") from None
    except OSError as error:
        raise FileError(
            f"{path} can't be read: {error.strerror}",
            fix="check the path, and that this user may read it",
        ) from None
    try:
        content = _content(path, text)
    except RecursionError:
        raise FileError(
            f"{path}: this is nested too deep, or refers to itself",
            fix="write names and values, without references to what is above",
        ) from None
    if isinstance(content, dict) and isinstance(content.get("variables"), dict):
        content = content["variables"]
    if not isinstance(content, dict):
        raise FileError(
            f"{path} is no variable group: it needs names and values",
            fix="write NAME: VALUE, one a line",
        )
    return {name: _value(path, name, value) for name, value in content.items()}


def _content(path: Path, text: str) -> Content:
    try:
        # First: YAML takes a few of JSON's escapes otherwise.
        return _json(json.loads(text, parse_int=str, parse_float=str, parse_constant=str))
    except ValueError:
        pass
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        return None if node is None else _yaml(path, node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
    raise FileError(
        f"{path}:{line + 1}:{column + 1}: this isn't YAML or JSON",
        fix="correct the file at that place",
    ) from None


def _json(value: object) -> Content:
    if isinstance(value, dict):
        return {str(name): _json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_json(one) for one in value]
    if isinstance(value, bool):
        return json.dumps(value)
    return None if value is None else str(value)


def _yaml(path: Path, node: yaml.Node) -> Content:
    if isinstance(node, yaml.SequenceNode):
        return [_yaml(path, one) for one in node.value]
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in _NOTHING else str(node.value)
    found = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode):
            mark = name.start_mark
            at = f"{path}:{mark.line + 1}:{mark.column + 1}"
            raise FileError(f"{at}: a variable's name is a text", fix="write NAME: VALUE")
        found[str(name.value)] = _yaml(path, value)
    return found


def _value(path: Path, name: str, value: Content) -> GroupValue:
    if isinstance(value, dict) and "value" in value:
        told = value.get("isSecret")
        secret = isinstance(told, str) and told.lower() == "true"
        if not (secret and value["value"] is None):  # which is how az writes a secret
            return GroupValue(_text(path, name, value["value"]), secret)
    if isinstance(value, dict):
        raise FileError(f"{path}: {name} has no value", fix=f"write {name}'s value there")
    return GroupValue(_text(path, name, value))


def _text(path: Path, name: str, value: Content) -> str:
    if isinstance(value, (dict, list)):
        kind = "list" if isinstance(value, list) else "mapping"
        raise FileError(
            f"{path}: {name} is a {kind}, and a variable is a text",
            fix="write its JSON as a text, in quotes",
        )
    return value or ""
