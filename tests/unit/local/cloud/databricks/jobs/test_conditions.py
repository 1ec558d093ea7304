from __future__ import annotations

import pytest

from modelyard.local.cloud.databricks.jobs.conditions import holds


@pytest.mark.parametrize(
    ("operation", "left", "right", "answer"),
    [
        ("EQUAL_TO", "12.0", "12", False),
        ("NOT_EQUAL", "12.0", "12", True),
        ("GREATER_THAN_OR_EQUAL", "12.0", "12", True),
        ("GREATER_THAN", "12", "12", False),
        ("LESS_THAN", "10.0", "12", True),
        ("LESS_THAN_OR_EQUAL", "13", "12", False),
        ("LESS_THAN", "x", "12", None),
    ],
)
def test_text_is_compared_for_equality_and_numbers_for_order(
    operation: str, left: str, right: str, answer: bool | None
) -> None:
    assert holds(operation, left, right) is answer
