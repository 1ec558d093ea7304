"""The values of parameters that are given from outside, as nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelyard.local.runner.pipeline import reader
from modelyard.local.runner.pipeline.nodes import Node, Scalar, from_value
from modelyard.local.runner.pipeline.parameters import Declaration
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems

SCALARS = ("string", "number", "boolean", "stringList")


def given_nodes(
    declared: Iterable[Declaration], given: Mapping[str, Any], problems: Problems
) -> Iterator[tuple[Scalar, Node]]:
    """Names and values. A text for a type that isn't a scalar is read as YAML.

    Their places name the option: ``--parameter size``, with line and column within YAML.
    """
    types = {one.name.lower(): one.type for one in declared}
    for name, value in given.items():
        place = Place(f"--parameter {name}", 0, 0)
        key = Scalar(name, place)
        if isinstance(value, str) and types.get(name.lower(), "string") not in SCALARS:
            node = reader.read(value.encode(), place.file, problems)
            yield key, node if node is not None else Scalar("", place)
        else:
            yield key, from_value(_plain(value), place)


def _plain(value: Any) -> Any:
    """Whole numbers as expressions have them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
