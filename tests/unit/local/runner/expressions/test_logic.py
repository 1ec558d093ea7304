"""The functions that compare and decide."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.expressions import ExpressionError, Function, parse
from unit.local.runner.expressions.cases import CONTEXTS, evaluated, failure, table

FAILS = "lt(1, 'x')"

VALUES = [
    ("and", "and(eq(variables.letters, 'ABC'), eq(variables.number, 123))", True),
    ("and", "and(true, true, true, false)", False),
    ("and: casts to Boolean", "and('x', 1)", True),
    ("and: casts to Boolean", "and('x', 0)", False),
    ("and: short-circuits", f"and(false, {FAILS})", False),
    ("or", "or(eq(1, 1), eq(2, 3))", True),
    ("or", "or(false, false, true)", True),
    ("or: casts to Boolean", "or('', 0, variables.none)", False),
    ("or: short-circuits", f"or(true, {FAILS})", True),
    ("not", "not(eq(1, 2))", True),
    ("not: converts to Boolean", "not('x')", False),
    ("xor", "xor(True, False)", True),
    ("xor", "xor(False, True)", True),
    ("xor", "xor(True, True)", False),
    ("xor: casts to Boolean", "xor('', 0)", False),
    ("eq", "eq(variables.letters, 'ABC')", True),
    ("eq: false if conversion fails", "eq(1, 'x')", False),
    ("eq: converts right to left", "eq(1, '1.0')", True),
    ("eq: converts right to left", "eq('1.0', 1)", False),
    ("eq: converts right to left", "eq(true, 'false')", True),
    ("eq: converts right to left", "eq('false', false)", True),
    ("ne", "ne(1, 2)", True),
    ("ne: true if conversion fails", "ne(1, 'x')", True),
    ("ne: ignore-case", "ne('a', 'A')", False),
    ("ge", "ge(5, 5)", True),
    ("ge", "ge('a', 'B')", False),
    ("gt", "gt(5, 2)", True),
    ("gt: ignore-case", "gt('b', 'A')", True),
    ("le", "le(2, 2)", True),
    ("lt", "lt(2, 5)", True),
    ("lt: ordinal", "lt('Z', 'a')", False),
    ("lt: ordinal", "lt('a', '_')", True),
    ("Type casting", "lt(False, True)", True),
    ("Type casting", "lt(True, False)", False),
    ("in", "in('B', 'A', 'B', 'C')", True),
    ("in: conversion fails", "in(1, 'x', '1')", True),
    ("in: ignore-case", "in('b', 'A', 'B')", True),
    ("in: short-circuits", f"in('a', 'A', {FAILS})", True),
    ("in: min 1", "in('a')", False),
    ("notIn", "notIn('D', 'A', 'B', 'C')", True),
    ("notIn", "notIn('c', 'A', 'B', 'C')", False),
    ("notIn: short-circuits", f"notIn('a', 'A', {FAILS})", False),
    ("notIn: min 1", "notIn('a')", True),
    ("containsValue: array", "containsValue(parameters.data.list, 'ONE')", True),
    ("containsValue: array", "containsValue(parameters.data.list, 'two')", False),
    ("containsValue: object", "containsValue(variables, 'DOTTED')", True),
    (
        "containsValue: converts items to the right's type",
        "containsValue(parameters.data.numbers, 1)",
        True,
    ),
    (
        "containsValue: converts items to the right's type",
        "containsValue(parameters.data.numbers, '1')",
        False,
    ),
    ("containsValue: conversion fails", "containsValue(parameters.data.list, 1)", False),
    ("C-E02-032", "containsValue('abc', 'abc')", False),
    (
        "coalesce",
        "coalesce(variables.none, variables.none2, 'literal so it always works')",
        "literal so it always works",
    ),
    ("Type casting", "coalesce(variables.emptyString, '', 'literal value')", "literal value"),
    ("C-E02-048", "coalesce('', false, 'x')", False),
    ("C-E02-048", "coalesce('', 0, 'x')", 0.0),
    ("C-E02-048", f"coalesce('hit', {FAILS})", "hit"),
    ("C-E02-048", "coalesce('', variables.none)", None),
    ("iif", "iif(eq(variables.letters, 'abc'), 'yes', 'no')", "yes"),
    ("iif", "iif(false, 'yes', 2)", 2.0),
    ("iif: casts to Boolean", "iif('', 1, 2)", 2.0),
]


@pytest.mark.parametrize(("text", "value"), table(VALUES))
def test_its_value(text: str, value: Any) -> None:
    result = evaluated(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le"])
def test_an_order_that_needs_a_conversion_which_fails_is_an_error(name: str) -> None:
    """ge, gt, le, lt: "Errors if conversion fails"."""
    error = failure(f"not({name}(1, 'x'))")
    assert error.message == f"{name}: a string can't be converted to a number"
    assert error.offset == 4


def test_iif_evaluates_what_it_doesnt_choose() -> None:
    """C-E02-049; the page promises no short circuit."""
    assert "lt" in failure(f"iif(true, 1, {FAILS})").message


def test_the_collections_of_containsvalue_stop_at_the_first_match() -> None:
    """containsValue: "Short-circuits after the first match"."""
    looked_at: list[int] = []

    class Watched(list[object]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for number, item in enumerate(list.__iter__(self)):
                looked_at.append(number)
                yield item

    contexts = {"items": Watched(["a", "b", "c"])}
    assert parse("containsValue(items, 'B')").evaluate(contexts) is True
    assert looked_at == [0, 1]


def test_a_function_of_the_caller_takes_values() -> None:
    seen: list[tuple[object, ...]] = []

    def succeeded(*jobs: object) -> bool:
        seen.append(jobs)
        return True

    functions = {"succeeded": Function("succeeded", 0, None, succeeded)}
    expression = parse("and(SUCCEEDED('A', variables.letters), succeeded())")
    assert expression.evaluate(CONTEXTS, functions) is True
    assert seen == [("A", "abc"), ()]


def test_a_function_of_the_caller_has_its_arity_checked_before_anything_runs() -> None:
    functions = {"always": Function("always", 0, 0, lambda: True)}
    with pytest.raises(ExpressionError, match="always takes no arguments, not 1") as caught:
        parse("or(true, always('A'))").evaluate({}, functions)
    assert caught.value.offset == 9
