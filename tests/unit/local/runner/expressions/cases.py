"""What the tables of these tests share.

Each row begins with its source: a heading of learn.microsoft.com,
``azure/devops/pipelines/process/expressions``, or the number of a claim in
PGielniak/azdo-pipeline-emulator at c13a24e4, ``research/E02-expressions.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import pytest

from modelyard.local.runner.expressions import ExactDict, ExpressionError, RequiredDict, parse

DATA: dict[str, Any] = {
    "rows": [
        {"id": 1.0, "child": {"values": ["a", "b"]}},
        {"name": "missing-id", "child": {"values": ["c"]}},
        {"id": "", "child": {"values": []}},
        "plain",
    ],
    "mapping": {"first": {"id": 10.0}, "second": {"id": 20.0}},
    "groups": [[{"id": 100.0}, {"id": 101.0}], [{"id": 200.0}]],
    "scalar": "text",
    "nested": {
        "left": {"children": [{"value": "L1"}, {"value": "L2"}]},
        "right": {"children": [{"value": "R1"}]},
    },
    "CamelKey": "camel",
    "dotted.name": "five",
    "9num": "four",
    "_lead": "three",
    "1": "one",
    "list": ["zero", "one"],
    "numbers": ["01", "7"],
    "flags": [True, 0.0, None],
    "mixed": ["Alpha", {"a": "b"}, 2.0, None],
    "empty": [],
    "nothing": {},
}
CONTEXTS: dict[str, Any] = {
    "parameters": RequiredDict(data=ExactDict(DATA), other=ExactDict(DATA)),
    "variables": {
        "MyVar": "value",
        "My.Var": "dotted",
        "letters": "abc",
        "number": "123",
        "emptyString": "",
    },
    "pipeline": {"startTime": datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=timezone.utc)},
}


def evaluated(text: str) -> Any:
    return parse(text).evaluate(CONTEXTS)


def failure(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        evaluated(text)
    return caught.value


def table(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The rows without their sources, which become the names of the tests."""
    return [pytest.param(*row[1:], id=f"{row[0]}: {row[1]}"[:120]) for row in rows]
