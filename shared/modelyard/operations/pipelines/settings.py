"""What a definition of SDK v1 is told: a config file, and what overrides it, in one input.

``config.json --location westeurope --use-test-data=true`` is a command line: the file first, if
there is one, then ``--KEY VALUE`` or ``--KEY=VALUE``. A dot leads into a mapping within the file.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.errors import InputError
from modelyard.reading import structure

NAME = "config"
_SUFFIXES = (".json", ".yml", ".yaml")
_KINDS = {bool: "true or false", int: "a whole number", float: "a finite number"}
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


def read_settings(text: str | None) -> dict[str, Any]:
    """The mapping of the file with the overrides in it.

    A value takes the type that it has in the file; one that isn't there is a text.

    :raises InputError, FileError:
    """
    try:
        words = shlex.split(text or "", comments=False)
    except ValueError as error:
        raise InputError(f"{NAME} can't be read as a command line: {error}") from None
    files = 0 if not words or words[0].startswith("--") else 1
    found = _file(words[0]) if files else {}
    for key, value in _pairs(words[files:]):
        _set(found, key, value)
    return found


def _file(path: str) -> dict[str, Any]:
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"{NAME} begins with {path!r}, which is no {', '.join(_SUFFIXES)} file",
            fix="give the file first, then --key value or --key=value",
        )
    value = structure(NAME, path)
    if not isinstance(value, dict):
        raise InputError(f"{path} isn't a mapping, which {NAME} needs")
    copied: dict[str, Any] = json.loads(json.dumps(value, default=str))
    return copied


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = iter(words)
    seen = set()
    for word in rest:
        if not word.startswith("--") or not word[2:].partition("=")[0]:
            raise InputError(
                f"{NAME} has {word!r} where --key value or --key=value is expected",
                cause="a value with spaces has no quotes, or a key no --",
            )
        key, equals, value = word[2:].partition("=")
        if not equals:
            following = next(rest, None)
            if following is None or following.startswith("--"):
                raise InputError(
                    f"{NAME}: --{key} has no value",
                    fix=f"write --{key}=VALUE, also for a value that begins with --",
                )
            value = following
        if key in seen:
            raise InputError(f"{NAME} has --{key} twice")
        seen.add(key)
        yield key, value


def _set(found: dict[str, Any], key: str, value: str) -> None:
    *folders, last = [key] if key in found else key.split(".")
    at: Any = found
    for folder in folders:
        at = at.setdefault(folder, {})
        if not isinstance(at, dict):
            raise InputError(f"{NAME}: --{key} leads into {folder}, which isn't a mapping")
    at[last] = _like(at.get(last), key, value)


def _like(there: Any, key: str, value: str) -> Any:
    """The value, of the type that the file has it in."""
    try:
        if isinstance(there, bool):
            return _truth(value)
        if isinstance(there, int):
            return int(value)
        if isinstance(there, float):
            return _finite(value)
    except ValueError:
        kind = _KINDS[type(there)]
        raise InputError(f"{NAME}: --{key} is {value!r}, and {kind} in the file") from None
    if isinstance(there, (dict, list)):
        return _whole(there, key, value)
    return value


def _finite(value: str) -> float:
    """No ``nan``, and no ``1e400``, which is infinite: JSON has neither."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(value)
    return found


def _truth(value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ValueError(value)


def _whole(there: Mapping[str, Any] | list[Any], key: str, value: str) -> Any:
    """A list or a mapping in place of one, as JSON or YAML."""
    given = structure(NAME, value)
    if not isinstance(given, type(there)):
        kind = "mapping" if isinstance(there, dict) else "list"
        raise InputError(f"{NAME}: --{key} is {value!r}, and a {kind} in the file")
    return given
