"""From one kind of value to another ("Type casting")."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from modelyard.local.runner.expressions import (
    BadValue,
    Kind,
    Version,
    compare,
    convert,
    equal,
    kind,
    to_boolean,
    to_number,
    to_text,
    to_version,
)
from unit.local.runner.expressions.cases import evaluated, failure, table

IMPOSSIBLE = object()
NUMBER, TEXT, BOOLEAN, NULL, VERSION = (
    Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN, Kind.NULL, Kind.VERSION,
)  # fmt: skip
V = Version
CONVERSIONS = [
    ("From Boolean", False, NUMBER, 0.0),
    ("From Boolean", True, NUMBER, 1.0),
    ("From Boolean", False, TEXT, "False"),
    ("From Boolean", True, TEXT, "True"),
    ("From Boolean", True, VERSION, IMPOSSIBLE),
    ("From Boolean", False, NULL, IMPOSSIBLE),
    ("From Null", None, BOOLEAN, False),
    ("From Null", None, NUMBER, 0.0),
    ("From Null", None, TEXT, ""),
    ("From Null", None, VERSION, IMPOSSIBLE),
    ("From Number", 0.0, BOOLEAN, False),
    ("From Number", -0.5, BOOLEAN, True),
    ("From Number", 0.0, NULL, IMPOSSIBLE),
    ("From Number", 1.2, VERSION, V((1, 2))),
    ("From Number: non-zero decimal", 2.0, VERSION, IMPOSSIBLE),
    ("From Number: greater than zero", -1.2, VERSION, IMPOSSIBLE),
    ("From Number: Int32.MaxValue", 2147483648.5, VERSION, IMPOSSIBLE),
    ("From Number: no separators", 1000.0, TEXT, "1000"),
    ("C-E02-021", 0.5, TEXT, "0.5"),
    ("From Number: 0.#######", 1234567.5, TEXT, "1234567.5"),
    ("From Number: 0.#######", 0.12345678, TEXT, "0.1234568"),
    ("From Number: 0.#######", 0.1 + 0.2, TEXT, "0.3"),
    ("From Number: 0.#######", -0.00000001, TEXT, "0"),
    ("From Number: 0.#######", -0.0, TEXT, "0"),
    ("From Number: 0.#######", 1e20, TEXT, "100000000000000000000"),
    ("From String", "", BOOLEAN, False),
    ("From String", "false", BOOLEAN, True),
    ("From String", "", NULL, None),
    ("From String", "x", NULL, IMPOSSIBLE),
    ("From String", "", NUMBER, 0.0),
    ("C-E02-021", "0.5", NUMBER, 0.5),
    ("C-E02-021", "1,000", NUMBER, 1000.0),
    ("From String: AllowLeadingSign", "-1.5", NUMBER, -1.5),
    ("From String: AllowLeadingSign", "+2", NUMBER, 2.0),
    ("From String: AllowTrailingSign isn't named", "2-", NUMBER, IMPOSSIBLE),
    ("From String: AllowLeadingWhite, AllowTrailingWhite", " \t7\n", NUMBER, 7.0),
    ("From String: AllowExponent isn't named", "1e3", NUMBER, IMPOSSIBLE),
    ("From String: AllowHexSpecifier isn't named", "0x1F", NUMBER, IMPOSSIBLE),
    ("From String", " ", NUMBER, IMPOSSIBLE),
    ("From String", "1_0", NUMBER, IMPOSSIBLE),
    ("From String", "nan", NUMBER, IMPOSSIBLE),
    ("From String", "\u0661", NUMBER, IMPOSSIBLE),
    ("From String", "9" * 400, NUMBER, IMPOSSIBLE),
    ("From String: Major and Minor at minimum", "1", VERSION, IMPOSSIBLE),
    ("From String: Version.TryParse", "1.2", VERSION, V((1, 2))),
    ("From String: Version.TryParse", "1.2.3.4", VERSION, V((1, 2, 3, 4))),
    ("From String: Version.TryParse", "1.2.3.4.5", VERSION, IMPOSSIBLE),
    ("From String: Version.TryParse", "1.-2", VERSION, IMPOSSIBLE),
    ("From String: Version.TryParse", "1.x", VERSION, IMPOSSIBLE),
    ("From String: Version.TryParse", "1.2147483648", VERSION, IMPOSSIBLE),
    ("From String: Version.TryParse", "1." + "9" * 6000, VERSION, IMPOSSIBLE),
    ("From Version", V((0, 0, 0)), BOOLEAN, True),
    ("From Version", V((1, 2)), TEXT, "1.2"),
    ("From Version", V((1, 2, 3)), TEXT, "1.2.3"),
    ("From Version", V((1, 2, 3, 4)), TEXT, "1.2.3.4"),
    ("From Version", V((1, 2, 3)), NUMBER, IMPOSSIBLE),
    ("From Version", V((1, 2, 3)), NULL, IMPOSSIBLE),
    ("arrays", [], BOOLEAN, True),
    ("objects", {}, BOOLEAN, True),
    ("arrays", ["a"], TEXT, IMPOSSIBLE),
    ("objects", {}, TEXT, IMPOSSIBLE),
    ("arrays", [], NUMBER, IMPOSSIBLE),
    ("arrays", [], VERSION, IMPOSSIBLE),
    ("arrays", [], NULL, IMPOSSIBLE),
]


@pytest.mark.parametrize(
    ("value", "target", "result"),
    [
        pytest.param(*row[1:], id=f"{row[0]}: {str(row[1])[:20]!r} to {row[2].name}")
        for row in CONVERSIONS
    ],
)
def test_a_conversion(value: Any, target: Kind, result: Any) -> None:
    direct = {BOOLEAN: to_boolean, NUMBER: to_number, TEXT: to_text, VERSION: to_version}
    for conversion in (lambda one: convert(one, target), direct.get(target)):
        if conversion is None:
            continue
        if result is IMPOSSIBLE:
            with pytest.raises(BadValue, match="can't be converted to"):
                conversion(value)
        else:
            assert conversion(value) == result
            assert type(conversion(value)) is type(result)


COMPARISONS = [
    ("C-E02-021", "eq(.5, '0.5')", True),
    ("C-E02-021", "eq(1000, '1,000')", True),
    ("C-E02-021", "eq('0.5', .5)", True),
    ("C-E02-021", "eq('1000', 1000)", True),
    ("C-E02-021", "eq('', variables.none)", True),
    ("C-E02-021", "eq(variables.none, '')", True),
    ("C-E02-021", "eq(0, variables.none)", True),
    ("To null", "eq(variables.none, 0)", False),
    ("To null", "eq(variables.none, variables.none2)", True),
    ("C-E02-022", "lt(1.2.0, '1.3')", True),
    ("C-E02-022", "lt(1.2.0, 1.3)", True),
    ("C-E02-022", "eq(1.2.0, '1.2')", False),
    ("C-E02-022", "eq(1.2.0, 1.2)", False),
    ("C-E02-022", "eq(1.2.0, '1.2.0')", True),
    ("C-E02-022", "lt(1.2.3, 1.10.0)", True),
    ("C-E02-005", "gt(1.10, 1.9)", False),
    ("C-E02-005", "gt(1.10.0, 1.9.0)", True),
    ("C-E02-023", "eq(parameters.data, parameters.data)", True),
    ("C-E02-023", "eq(parameters.data, parameters.other)", False),
    ("C-E02-023", "eq(parameters.data.list, parameters.data.list)", True),
    ("C-E02-023", "ne(parameters.data.list, split('zero,one', ','))", True),
    ("C-E02-023", "eq(parameters.data.list, 'x')", False),
    ("ge: null is a number", "ge(variables.none, 0)", True),
    ("lt: null is a number", "lt(variables.none, '1')", True),
    ("eq: ordinal ignore-case", "eq('\u00c4', '\u00e4')", True),
    ("eq: ordinal", "eq('ss', '\u00df')", False),
    ("lt: ordinal by UTF-16", "lt('\U00010000', '\uffff')", True),
    ("dates", "eq(pipeline.startTime, pipeline.startTime)", True),
    ("dates", "eq(pipeline.startTime, '2026-03-04')", False),
    ("dates", "eq('2026-03-04 05:06:07+00:00', pipeline.startTime)", True),
]


@pytest.mark.parametrize(("text", "value"), table(COMPARISONS))
def test_a_comparison(text: str, value: bool) -> None:
    assert evaluated(text) is value


@pytest.mark.parametrize(
    ("text", "message"),
    table(
        [
            ("C-E02-021", "lt(1, 'x')", "lt: a string can't be converted to a number"),
            ("C-E02-023", "lt(parameters.data, parameters.data)", "an object can't be converted"),
            ("C-E02-023", "ge(parameters.data.list, 1)", "an array can't be converted"),
            ("gt", "gt(1.2.3, 2)", "a number can't be converted to a version"),
        ]
    ),
)
def test_an_order_that_there_is_not(text: str, message: str) -> None:
    assert message in failure(text).message


def test_dates_are_compared_across_time_zones_and_without_one_are_utc() -> None:
    utc = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    there = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert equal(utc, there)
    assert equal(utc, datetime(2026, 1, 1, 12))  # noqa: DTZ001 - that is what is tested
    assert compare(utc, there + timedelta(seconds=1)) < 0
    assert to_text(there) == "2026-01-01 14:00:00+02:00"


def test_subclasses_of_values_are_of_their_kind_and_nothing_else_is_a_value() -> None:
    class Name(str):
        pass

    assert kind(Name("x")) is Kind.TEXT
    assert to_text(Name("x")) == "x"
    assert kind(3) is Kind.NUMBER
    with pytest.raises(BadValue, match="a set is no value"):
        kind({1})


def test_a_message_holds_no_value() -> None:
    """A value may be a secret."""
    assert "plum" not in failure("lt(1, 'plum')").message
