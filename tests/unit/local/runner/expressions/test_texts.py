"""The functions that make and look into texts."""

from __future__ import annotations

from typing import Any

import pytest

from unit.local.runner.expressions.cases import evaluated, failure, table

VALUES = [
    ("contains", "contains('ABCDE', 'BCD')", True),
    ("contains: ignore-case", "contains('ABCDE', 'bcd')", True),
    ("contains: casts to String", "contains(12345, 34)", True),
    ("contains", "contains('ABC', 'D')", False),
    ("contains", "contains(variables.none, '')", True),
    ("startsWith", "startsWith('ABCDE', 'AB')", True),
    ("startsWith: ignore-case", "startsWith('ABCDE', 'ab')", True),
    ("startsWith: casts to String", "startsWith(12345, '123')", True),
    ("endsWith", "endsWith('ABCDE', 'DE')", True),
    ("endsWith: ignore-case", "endsWith('AbCdE', 'cDe')", True),
    ("endsWith", "endsWith('ABCDE', 'AB')", False),
    ("format", "format('Hello {0} {1}', 'John', 'Doe')", "Hello John Doe"),
    (
        "format: braces",
        "format('literal left brace {{ and literal right brace }}')",
        "literal left brace { and literal right brace }",
    ),
    ("C-E02-044", "format('{1}-{0}-{1}', 'A', 'B')", "B-A-B"),
    ("C-E02-044", "format('{{{0}}} {{ and }}', 'x')", "{x} { and }"),
    (
        "format: values",
        "format('{0}|{1}|{2}|{3}', true, 1.50, variables.none, 1.2.3)",
        "True|1.5||1.2.3",
    ),
    ("format: min 1", "format('x')", "x"),
    ("format: unused arguments aren't evaluated", "format('x', lt(1, 'x'))", "x"),
    ("counter", "format('{0:yyyyMMdd}', pipeline.startTime)", "20260304"),
    ("format: dates", "format('{0:yy MM dd HH mm ss}', pipeline.startTime)", "26 03 04 05 06 07"),
    ("format: dates", "format('{0:M\\-d H\\:m\\:s}', pipeline.startTime)", "3-4 5:6:7"),
    (
        "format: dates",
        "format('{0:f ff fff fffffff zzz K}', pipeline.startTime)",
        "0 08 089 0890000 +00:00 +00:00",
    ),
    ("format: dates", "format('{0}', pipeline.startTime)", "2026-03-04 05:06:07+00:00"),
    ("join", "join(',', parameters.data.list)", "zero,one"),
    ("join: complex objects are empty", "join(';', parameters.data.mixed)", "Alpha;;2;"),
    ("join: not an array", "join(',', 'text')", "text"),
    ("C-E02-045", "join('-', 12)", "12"),
    ("join: not an array", "join(',', parameters.data.mapping)", ""),
    ("join", "join(',', parameters.data.empty)", ""),
    ("join", "join(' ', parameters.data.rows.*.name)", "missing-id"),
    ("length", "length('fabrikam')", 8.0),
    ("length", "length(parameters.data.list)", 2.0),
    ("C-E02-047", "length(parameters.data.mapping)", 2.0),
    ("length: converts to String", "length(12)", 2.0),
    ("length", "length(variables.none)", 0.0),
    ("length: UTF-16", "length('a\U0001f600')", 3.0),
    ("lower", "lower('FOO')", "foo"),
    ("upper", "upper('bah')", "BAH"),
    ("C-E02-042", "lower('\u00c4BC')", "\u00e4bc"),
    ("C-E02-042", "upper('\u00e4bc')", "\u00c4BC"),
    ("upper: one character each", "upper('stra\u00dfe')", "STRA\u00dfE"),
    ("upper: invariant", "upper('\u0131')", "\u0131"),
    ("trim", "trim('  variable  ')", "variable"),
    ("trim", "trim('\u00a0\tx\r\n')", "x"),
    ("trim: Char.IsWhiteSpace", "trim('\x1cx')", "\x1cx"),
    (
        "replace",
        "replace('https://a.example/saml', 'https://a.example', 'http://server')",
        "http://server/saml",
    ),
    ("C-E02-042", "replace('AaA', 'a', 'x')", "AxA"),
    ("C-E02-042", "replace('abc', '', 'x')", "abc"),
    ("split", "split('a,b', ',')", ["a", "b"]),
    ("C-E02-046", "split('a,b;c,,', ',;')", ["a,b;c,,"]),
    ("C-E02-046", "split('a,b;c,,', ',')", ["a", "b;c", "", ""]),
    ("C-E02-046", "split('abc', '')", ["abc"]),
    ("split", "split(',a', ',')", ["", "a"]),
    ("C-E02-050", "convertToJson('text')", '"text"'),
    ("convertToJson", "convertToJson(12.50)", "12.5"),
    ("convertToJson", "convertToJson(true)", "true"),
    ("convertToJson", "convertToJson(variables.none)", "null"),
    ("convertToJson", "convertToJson(1.2.3)", '"1.2.3"'),
    ("convertToJson", "convertToJson(parameters.data.empty)", "[]"),
    ("convertToJson", "convertToJson(parameters.data.nothing)", "{}"),
    ("C-E02-009", "convertToJson(parameters.data.mapping.*.id)", "[\n  10,\n  20\n]"),
    ("convertToJson", "convertToJson(parameters.data.flags)", "[\n  true,\n  0,\n  null\n]"),
    ("convertToJson", "convertToJson('\"\\\u00e4\n\u2028')", '"\\"\\\\\u00e4\\n\\u2028"'),
]


@pytest.mark.parametrize(("text", "value"), table(VALUES))
def test_its_value(text: str, value: Any) -> None:
    result = evaluated(text)
    assert result == value
    assert type(result) is type(value)


def test_the_layout_of_nested_json() -> None:
    """convertToJson; C-E02-050: nesting and types of scalars are kept, two blanks to a level."""
    assert evaluated("convertToJson(parameters.data.groups)") == (
        "[\n"
        "  [\n"
        "    {\n"
        '      "id": 100\n'
        "    },\n"
        "    {\n"
        '      "id": 101\n'
        "    }\n"
        "  ],\n"
        "  [\n"
        "    {\n"
        '      "id": 200\n'
        "    }\n"
        "  ]\n"
        "]"
    )


REFUSED = [
    (
        "C-E02-031",
        "contains(parameters.data.list, 'zero')",
        "an array can't be converted to a string",
    ),
    ("C-E02-031", "lower(parameters.data.mapping)", "an object can't be converted to a string"),
    ("C-E02-044", "format('{0} {1}', 'x')", "{1} needs 2 arguments"),
    ("C-E02-044", "format('a { b', 'x')", "character 3 of the format"),
    ("C-E02-044", "format('a } b', 'x')", "character 3 of the format"),
    ("C-E02-044", "format('{x}', 'x')", "character 1 of the format"),
    ("C-E02-044", "format('{0', 'x')", "character 1 of the format"),
    ("format", "format('{-1}', 'x')", "character 1 of the format"),
    ("format", "format('{0:yyyy}', 'x')", "only a date"),
    (
        "format: dates",
        "format('{0:yyyy-MM}', pipeline.startTime)",
        "- can't be in the format of a date",
    ),
    ("format: dates", "format('{0:yyyyy}', pipeline.startTime)", "yyyyy can't be"),
    ("format: dates", "format('{0:tt}', pipeline.startTime)", "tt can't be"),
    ("format: dates", "format('{0:yy\\}', pipeline.startTime)", "\\ can't be"),
    ("format", "format('{0}', parameters.data.list)", "an array can't be converted to a string"),
]


@pytest.mark.parametrize(("text", "message"), table(REFUSED))
def test_what_it_refuses(text: str, message: str) -> None:
    error = failure(text)
    assert message in error.message
    assert error.offset == 0
