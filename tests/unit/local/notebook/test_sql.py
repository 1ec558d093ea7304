"""SQL cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from modelyard.local.notebook.sql import run, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;\n\nSELECT 2;\n", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';' -- a; b\n, 'it''s;', \"x;\", `c;`", ["SELECT ';' \n, 'it''s;', \"x;\", `c;`"]),
        ("/* a; */ SELECT 1 /* b */", ["SELECT 1"]),
        ("SELECT 'a\\';b'", ["SELECT 'a\\';b'"]),
        (" ; -- nothing\n", []),
    ],
)
def test_statements_of_a_cell(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


@dataclass
class Frame:
    columns: list[str]


@dataclass
class Spark:
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def sql(self, query: str, args: Any = None) -> Frame:
        self.asked.append((query, args))
        return Frame(["n"] if query.startswith("SELECT") else [])


def test_parameters_and_result() -> None:
    spark, shown = Spark(), []
    text = "CREATE TABLE ${name} (n INT); SELECT * FROM t WHERE n > :low AND x = 'a:b' AND y::int"
    result = run(text, spark, {"name": "t", "low": "5", "b": "no"}, shown.append)
    assert spark.asked[0] == ("CREATE TABLE t (n INT)", None)
    assert spark.asked[1][1] == {"low": "5"}
    assert shown == [result]
