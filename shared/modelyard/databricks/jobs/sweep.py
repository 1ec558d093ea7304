"""The parameter sets of several runs, from a list or a grid."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelyard.errors import InputError
from modelyard.parameters import as_text, texts
from modelyard.reading import nearest

MOST = 1000
"""Runs in one sweep: a job may have so many at once, and a grid grows fast."""

Parameters = Mapping[str, str]


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
    return texts(f"{name}: entry {number}", value)
