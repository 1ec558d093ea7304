from __future__ import annotations

from typing import Any

import pytest

from modelyard.endpoints import rows
from modelyard.errors import FileError


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ([{"a": 1}, {"a": 2}], 2),
        ({"dataframe_split": {"columns": ["a"], "data": [[1], [2], [3]]}}, 3),
        ({"dataframe_records": [{"a": 1}]}, 1),
        ({"instances": [[1, 2], [3, 4]]}, 2),
        ({"inputs": {"a": [1, 2], "b": [3, 4]}}, 2),
    ],
)
def test_counts_the_rows_of_every_format(document: Any, count: int) -> None:
    assert rows.read(document).count == count


def test_a_list_becomes_records() -> None:
    assert rows.read([{"a": 1}]).body == {"dataframe_records": [{"a": 1}]}


def test_a_body_is_sent_as_it_is() -> None:
    body = {"dataframe_split": {"columns": ["a"], "data": [[1]]}, "params": {"x": 1}}
    assert rows.read(body).body == body


@pytest.mark.parametrize(
    "document",
    [None, "text", 3, {}, {"rows": [1]}, {"instances": [1], "inputs": [1]}],
)
def test_anything_else_is_refused_with_the_formats(document: Any) -> None:
    with pytest.raises(FileError) as refused:
        rows.read(document)
    assert "dataframe_split" in refused.value.fix


@pytest.mark.parametrize(
    "document", [[], {"dataframe_split": {"columns": [], "data": []}}, {"inputs": {}}]
)
def test_no_rows_test_nothing(document: Any) -> None:
    with pytest.raises(FileError, match="no row"):
        rows.read(document)
