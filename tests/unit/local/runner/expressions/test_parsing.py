"""What is no expression, and where it is said to be wrong."""

from __future__ import annotations

import pytest

from modelyard.local.runner.expressions import ExpressionError, parse
from modelyard.local.runner.expressions.functions import BUILT_IN
from unit.local.runner.expressions.cases import evaluated, failure, table


def nested(depth: int) -> str:
    return "not(" * depth + "false" + ")" * depth


# Offsets count from 0, the service's positions from 1.
WRONG = [
    ("C-E02-001", "1 == 1", 2, "no operator ==: write eq(a, b)"),
    ("C-E02-001", "1 != 2", 2, "no operator !=: write ne(a, b)"),
    ("C-E02-001", "true && false", 5, "no operator &&: write and(a, b)"),
    ("C-E02-001", "true || false", 5, "no operator ||: write or(a, b)"),
    ("C-E02-001", "1 > 0", 2, "no operator >: write gt(a, b)"),
    ("C-E02-001", "1 <= 2", 2, "no operator <=: write le(a, b)"),
    ("C-E02-001", "true & false", 5, "no operator &: write and(a, b)"),
    ("C-E02-001", "!true", 0, "no operator !: write not(a)"),
    ("C-E02-001", "(true)", 0, "unexpected ("),
    ("C-E02-007", "parameters.data.9num", 16, "write ['9num']"),
    ("C-E02-007", "parameters.my-name", 11, "write ['my-name']"),
    ("C-E02-011", "nosuchfunc(1)", 0, "there is no function nosuchfunc"),
    ("C-E02-011", "eqs(1, 2)", 0, "there is no function eqs (did you mean eq?)"),
    ("C-E02-011", "startWith('a', 'b')", 0, "did you mean startsWith?"),
    ("C-E02-017", "eq(1)", 4, "eq takes 2 arguments, not 1"),
    ("C-E02-017", "eq(1, 2, 3)", 7, "eq takes 2 arguments, not more"),
    ("C-E02-017", "variables[]", 10, "unexpected ]"),
    ("C-E02-012", "nosuchcontext.a", 0, "there is no nosuchcontext here"),
    ("C-E02-012", "eq(variabels.a, 1)", 3, "there is no variabels here (did you mean variables?)"),
    ("C-E02-013", "parameters.data.", 15, "the name of a property has to follow the dot"),
    ("C-E02-013", "eq(1,", 0, "eq( isn't closed"),
    ("C-E02-013", "and(true, eq(1,", 10, "eq( isn't closed"),
    ("C-E02-013", "eq(1", 0, "eq( isn't closed"),
    ("C-E02-013", "eq(", 0, "eq( isn't closed"),
    ("C-E02-013", "1 2", 2, "unexpected 2 after the end"),
    ("C-E02-013", "", 0, "there is no expression"),
    ("C-E02-013", "  \n ", 0, "there is no expression"),
    ("C-E02-066", "always", 0, "there is no always here"),
    ("C-E02-066", "or(true, eq)", 9, "eq is a function: ( has to follow"),
    ("C-E02-065", "always()", 0, "always can only be used in conditions"),
    ("C-E02-065", "and(true, succeeded())", 10, "succeeded can only be used in conditions"),
    ("C-E02-096", "counter('a', 1)", 0, "counter can only be used in variables"),
    ("C-E02-103", "nosuchfunc(1) 2", 14, "unexpected 2"),
    ("a name in a branch that isn't evaluated", "or(true, nosuchfunc())", 9, "no function"),
    ("a text without quotes", "eq(variables.a, main)", 16, "a string has single quotes"),
    ("brackets", "variables['a'", 9, "] is missing"),
    ("brackets", "variables['a' 'b']", 14, "unexpected 'b' in the brackets"),
    ("brackets", "variables[", 10, "a value is missing"),
    ("arguments", "eq(1 2)", 5, "unexpected 2 among the arguments of eq"),
    ("arguments", "eq(,)", 3, "unexpected ,"),
    ("arguments", "eq(1,)", 5, "unexpected )"),
    ("closing", "eq(1, 2))", 8, "unexpected ) after the end"),
    ("literals have no members", "'a'.b", 3, "unexpected . after the end"),
    ("wildcard", "*", 0, "unexpected *"),
    ("wildcard", "eq(*, 1)", 3, "unexpected *"),
    ("dots", "variables..a", 10, "has to follow the dot"),
]


@pytest.mark.parametrize(("text", "offset", "message"), table(WRONG))
def test_where_it_is_wrong(text: str, offset: int, message: str) -> None:
    error = failure(text)
    assert message in error.message
    assert error.offset == offset


RIGHT = [
    ("C-E02-011", "EQ(1, 1)"),
    ("C-E02-011", "eq (1, 1)"),
    ("conditions over several lines", "and\n(\n  eq(1, 1),\n  in('a', 'b', 'A')\n)"),
    ("C-E02-014", nested(49)),
]


@pytest.mark.parametrize("text", table(RIGHT))
def test_what_is_right(text: str) -> None:
    assert evaluated(text) is True


@pytest.mark.parametrize("depth", [50, 51, 20_000])
def test_calls_nest_50_deep_with_what_is_in_them(depth: int) -> None:
    """C-E02-014: 49 calls around a literal are accepted, 50 are not."""
    error = failure(nested(depth))
    assert error.message == "the expression is nested deeper than 50"
    assert error.offset == 4 * 50


def test_indexes_nest_50_deep_too() -> None:
    assert evaluated("variables[" * 49 + "'a'" + "]" * 49) is None
    assert "nested deeper" in failure("variables[" * 50 + "'a'" + "]" * 50).message


# name: least, most ("Min parameters", "Max parameters"); iif and convertToJson as C-E02-041, 049.
ARITIES = {
    "and": (2, None), "coalesce": (2, None), "contains": (2, 2), "containsValue": (2, 2),
    "convertToJson": (1, 1), "endsWith": (2, 2), "eq": (2, 2), "format": (1, None), "ge": (2, 2),
    "gt": (2, 2), "iif": (3, 3), "in": (1, None), "join": (2, 2), "le": (2, 2), "length": (1, 1),
    "lower": (1, 1), "lt": (2, 2), "ne": (2, 2), "not": (1, 1), "notIn": (1, None),
    "or": (2, None), "replace": (3, 3), "split": (2, 2), "startsWith": (2, 2), "trim": (1, 1),
    "upper": (1, 1), "xor": (2, 2),
}  # fmt: skip


def test_there_are_no_other_functions() -> None:
    assert {function.name for function in BUILT_IN.values()} == set(ARITIES)


@pytest.mark.parametrize("name", ARITIES)
def test_how_many_arguments_a_function_takes(name: str) -> None:
    least, most = ARITIES[name]

    def call(count: int) -> str:
        return f"{name}({', '.join(['1'] * count)})"

    parse(call(least))
    parse(call(most or 60))
    for count in [least - 1] + ([most + 1] if most else []):
        with pytest.raises(ExpressionError, match=f"^{name} takes .*argument") as caught:
            parse(call(count))
        assert str(least) in caught.value.message
