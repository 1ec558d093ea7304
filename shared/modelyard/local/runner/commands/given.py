"""Variables and variable groups that a run is given: on the command line, or in files.

A file of a group is JSON or YAML: ``name: value``, or as ``az pipelines variable-group show``
writes it, ``variables: {name: {value: ..., isSecret: true}}``. Secrets stand in no command line:
``--secret NAME`` takes the value of the environment variable of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from modelyard.errors import FileError, InputError
from modelyard.local.runner.engine.job_variables import GroupValue
from modelyard.local.runner.expressions import to_text


def secrets(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The secret variables of a run.

    :raises InputError: when there is no such environment variable.
    """
    found = {}
    for name in names:
        variable = name if name in environment else name.replace(".", "_").upper()
        if variable not in environment:
            raise InputError(
                f"--secret {name}: there is no environment variable {name}",
                fix=f"set it for this command, and give only its name: --secret {name}",
            )
        found[name] = environment[variable]
    return found


def group(path: Path) -> dict[str, GroupValue]:
    """The variables of a group.

    :raises FileError: when the file can't be read or is none.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FileError(f"{path} can't be read: {error}") from error
    if isinstance(content, Mapping) and isinstance(content.get("variables"), Mapping):
        content = content["variables"]
    if not isinstance(content, Mapping):
        raise FileError(f"{path} is no variable group: it needs names and values")
    return {str(name): _value(path, str(name), value) for name, value in content.items()}


def _value(path: Path, name: str, value: Any) -> GroupValue:
    if isinstance(value, Mapping):
        secret = value.get("isSecret") is True
        if "value" not in value or (secret and value["value"] is None):
            raise FileError(f"{path}: {name} has no value", fix=f"write {name}'s value there")
        return GroupValue(_text(path, name, value["value"]), secret)
    return GroupValue(_text(path, name, value))


def _text(path: Path, name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise FileError(f"{path}: {name} is a text, not {type(value).__name__}")
    return to_text(value)
