"""What ``az`` prints of an answer: ``--output json|tsv|none`` and a part of ``--query``.

Of JMESPath (jmespath.org/specification.html) it knows names, ``[0]``, ``[]`` and their chains,
which is what scripts mostly use.
"""

from __future__ import annotations

import json
import re
from typing import Any

from modelyard.errors import InputError

_STEP = re.compile(r'\.?(?:([A-Za-z_]\w*)|"([^"]+)"|\[(-?\d+)?\]|\[\*\])')


def render(answer: Any, output: str, query: str | None = None) -> str:
    """The text to print; empty where there is nothing.

    :raises InputError: when the query says more than is known here.
    """
    value = search(answer, query) if query else answer
    if value is None or output == "none":
        return ""
    if output == "json":
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    rows = value if isinstance(value, list) else [value]
    return "".join("\t".join(_cells(row)) + "\n" for row in rows)


def search(value: Any, query: str) -> Any:
    """The part of a value that a query names; None where it has none.

    :raises InputError: when the query can't be read.
    """
    rest, many = query.strip(), False
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise InputError(
                f"--query {query!r} isn't known here: names, [0] and [] with dots between are"
            )
        name, index = found[1] or found[2], found[3]
        if name is None and index is None:
            value = value if isinstance(value, list) else None
            many = True
        elif many and value is not None:
            parts = [_part(one, name, index) for one in value]
            value = [one for one in parts if one is not None]
        else:
            value = _part(value, name, index)
        rest = rest[found.end() :]
    return value


def _part(value: Any, name: str | None, index: str | None) -> Any:
    if name is not None:
        return value.get(name) if isinstance(value, dict) else None
    place = int(index or 0)
    inside = isinstance(value, list) and -len(value) <= place < len(value)
    return value[place] if inside else None


def _cells(row: Any) -> list[str]:
    cells = list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]
    return [_cell(one) for one in cells]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(len(value)) if isinstance(value, (dict, list)) else str(value)
