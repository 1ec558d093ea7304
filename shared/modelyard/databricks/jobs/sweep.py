"""The parameter sets of several runs, from a list or a grid, and parameters from text.

Parameters are text to a notebook. A number becomes the shortest text that reads back as the same
number (0.5 stays 0.5), true and false are written small, as the notebook's widgets have them.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelyard.errors import InputError
from modelyard.reading import nearest, structure

MOST = 1000
"""Runs in one sweep: a job may have so many at once, and a grid grows fast."""
_PAIR = re.compile(r"^\s*(?P<name>[^\s=:{\[\"'][^=:]*?)\s*=(?P<value>.*)$")

Parameters = Mapping[str, str]


def parameters(name: str, text: str | None) -> dict[str, str]:
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
    return _mapping(name, value)


def expand(name: str, value: Any) -> tuple[dict[str, str], ...]:
    """The parameter sets of a sweep, in the order given.

    A list has one mapping for each run. A mapping of lists is a grid: every combination, the last
    name varying fastest; a value that isn't a list is the same in all of them.

    :raises InputError: for anything else, an empty sweep, more than MOST runs, or one set twice.
    """
    if isinstance(value, list):
        sets = [_set(name, number, one) for number, one in enumerate(value, 1)]
    elif isinstance(value, dict):
        sets = _grid(name, value)
    else:
        raise InputError(
            f"{name} is {value!r}: neither a list of mappings nor a mapping of lists",
            fix="such as [{alpha: 0.5}, {alpha: 0.3}], or {alpha: [0.5, 0.3]} for a grid",
        )
    if not sets:
        raise InputError(f"{name} is empty: there is nothing to run")
    seen: dict[str, int] = {}
    for number, one in enumerate(sets, 1):
        key = json.dumps(one, sort_keys=True)
        if key in seen:
            raise InputError(
                f"{name}: sets {seen[key]} and {number} are the same ({shown(one)})",
                fix="remove one of them: two runs with the same parameters tell nothing more",
            )
        seen[key] = number
    return tuple(sets)


def check_declared(sets: Iterable[Parameters], declared: Iterable[str], of: str) -> tuple[str, ...]:
    """Refuse parameters that nobody declares, all in one error.

    :param of: what declares them: ``job wine-quality-train``.
    :returns: the names that couldn't be checked, because nothing is declared at all.
    :raises InputError:
    """
    known = list(declared)
    names = list(dict.fromkeys(name for one in sets for name in one))
    if not known:
        return tuple(names)
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = ", ".join(f"{name}{nearest(name, known)}" for name in unknown)
        raise InputError(
            f"{of} declares no parameter {listed}; it declares {', '.join(known)}",
            fix="correct the name, or declare it: in the input base-parameters, or in the job",
        )
    return ()


def varying(sets: Sequence[Parameters]) -> tuple[dict[str, str], ...]:
    """Of each set what tells it from the others; of a single one everything."""
    if len(sets) < 2:
        return tuple(dict(one) for one in sets)
    first = sets[0]
    same = {name for name in first if all(one.get(name) == first[name] for one in sets)}
    return tuple({name: one[name] for name in one if name not in same} for one in sets)


def shown(one: Parameters) -> str:
    """``alpha 0.5, l1_ratio 0.3``."""
    return ", ".join(f"{name} {value}" for name, value in one.items()) or "no parameters"


def as_text(name: str, value: Any) -> str:
    """One parameter's value as the notebook gets it.

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


def _grid(name: str, value: Mapping[Any, Any]) -> list[dict[str, str]]:
    axes: list[tuple[str, Sequence[str]]] = []
    total = 1
    for key, choices in value.items():
        listed = choices if isinstance(choices, list) else [choices]
        total *= len(listed)
        axes.append((str(key), [as_text(f"{name}: {key}", choice) for choice in listed]))
    if total > MOST:
        raise InputError(f"{name} is a grid of {total} runs; at most {MOST} are started")
    if not axes:
        return []
    names = [key for key, _ in axes]
    combinations = itertools.product(*(choices for _, choices in axes))
    return [dict(zip(names, combination, strict=True)) for combination in combinations]


def _set(name: str, number: int, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InputError(f"{name}: entry {number} is {value!r}, not a mapping of parameters")
    if number > MOST:
        raise InputError(f"{name} has more than {MOST} runs; at most so many are started")
    return _mapping(f"{name}: entry {number}", value)


def _mapping(name: str, value: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): as_text(f"{name}: {key}", one) for key, one in value.items()}


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
