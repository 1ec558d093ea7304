from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.expressions import Version, parse
from unit.local.runner.expressions.cases import evaluated, failure, table

VALUES = [
    ("Boolean", "True", True),
    ("Boolean", "False", False),
    ("Literals", "true", True),
    ("Literals", "TRUE", True),
    ("Literals", "fAlSe", False),
    ("Literals", "-1.2", -1.2),
    ("Literals", "'a b c'", "a b c"),
    ("Literals", "1.2.3", Version((1, 2, 3))),
    ("Number", "42", 42.0),
    ("Number", ".5", 0.5),
    ("C-E02-004", "1.", 1.0),
    ("Number", "-.5", -0.5),
    (
        "String",
        "'It''s OK if they''re using contractions.'",
        "It's OK if they're using contractions.",
    ),
    ("String", "''", ""),
    ("String", "''''", "'"),
    ("String", "'one\ntwo'", "one\ntwo"),
    ("String", "'a, (b] ${{'", "a, (b] ${{"),
    ("Version", "1.2.3.4", Version((1, 2, 3, 4))),
    ("C-E02-005", "1.2", 1.2),
    ("C-E02-104", "  \n 7\t", 7.0),
]


@pytest.mark.parametrize(("text", "value"), table(VALUES))
def test_a_literal(text: str, value: Any) -> None:
    assert evaluated(text) == value
    assert type(evaluated(text)) is type(value)


REFUSED = [
    ("Null", "null", 0, "null can't be written"),
    ("C-E02-003", "eq(variables.a, NULL)", 16, "null can't be written"),
    ("C-E02-004", "+1", 0, "+1 is no name"),
    ("C-E02-004", "1e3", 0, "neither a number nor a version"),
    ("C-E02-004", "0x1F", 0, "neither a number nor a version"),
    ("C-E02-004", "1..2", 0, "neither a number nor a version"),
    ("C-E02-004", "NaN", 0, "there is no NaN here"),
    ("C-E02-004", "Infinity", 0, "there is no Infinity here"),
    ("Number", "-", 0, "neither a number nor a version"),
    ("Number", "9" * 400, 0, "out of range"),
    ("C-E02-005", "-1.2.3", 0, "neither a number nor a version"),
    ("C-E02-005", "1.2.3.4.5", 0, "neither a number nor a version"),
    ("Number to version", "1.2.2147483648", 0, "neither a number nor a version"),
    ("C-E02-006", '"double"', 0, "single quotes"),
    ("String", "'unclosed", 0, "no end"),
    ("String", "eq('a', 'b''", 8, "no end"),
]


@pytest.mark.parametrize(("text", "offset", "message"), table(REFUSED))
def test_no_literal(text: str, offset: int, message: str) -> None:
    error = failure(text)
    assert message in error.message
    assert error.offset == offset


def test_the_largest_part_of_a_version_is_the_largest_int32() -> None:
    assert str(evaluated("1.2.2147483647")) == "1.2.2147483647"


def test_an_expression_is_read_once() -> None:
    assert parse("eq(1, 1)") is parse("eq(1, 1)")
