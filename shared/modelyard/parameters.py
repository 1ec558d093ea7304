"""Parameters of runs and pipelines from text: lines of key=value, or a mapping.

Every value is text. A number becomes the shortest text that reads back as the same number (0.5
stays 0.5), true and false are written small, as the notebook's widgets have them.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.errors import InputError
from modelyard.reading import structure

_PAIR = re.compile(r"^\s*(?P<name>[^\s=:{\[\"'][^=:]*?)\s*=(?P<value>.*)$")


def read_parameters(name: str, text: str | None) -> dict[str, str]:
    """Parameters from ``key=value`` lines, or from a YAML or JSON mapping, in place or in a file.

    The value of a line is everything behind its first ``=``, spaces around it taken off.

    :param name: the input's, for messages.
    :raises InputError: for a line that is neither, and for a name given twice.
    """
    lines = [line for line in (text or "").splitlines() if line.strip()]
    if not lines:
        return {}
    if _PAIR.match(lines[0]):
        return _pairs(name, lines)
    value = structure(name, text or "")
    if not isinstance(value, dict):
        raise InputError(
            f"{name} is neither lines of key=value nor a mapping: {lines[0].strip()!r}",
            fix="write one parameter a line, such as alpha=0.5",
        )
    return texts(name, value)


def texts(name: str, value: Mapping[Any, Any]) -> dict[str, str]:
    """A mapping with every value as text. Raises InputError."""
    return {str(key): as_text(f"{name}: {key}", one) for key, one in value.items()}


def as_text(name: str, value: Any) -> str:
    """One parameter's value as it is sent.

    :raises InputError: for nothing (``alpha:`` with no value).
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    raise InputError(f"{name} has no value", fix='write "" for an empty text')


def _pairs(name: str, lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _PAIR.match(line)
        if match is None:
            raise InputError(
                f"{name} has a line without '=': {line.strip()!r}",
                fix="write one parameter a line, such as alpha=0.5",
            )
        if match["name"] in found:
            raise InputError(f"{name} has {match['name']} twice")
        found[match["name"]] = match["value"].strip()
    return found
