from __future__ import annotations

import pytest

from modelyard.local.runner.expressions import (
    ContextUse,
    ExpressionError,
    Function,
    FunctionUse,
    parse,
)


def test_contexts_with_the_names_that_follow() -> None:
    names = parse("and(eq(dependencies.A.outputs['s.v'], 'x'), Variables[a.b].c)").names()
    assert names.contexts == (
        ContextUse("dependencies", ("A", "outputs", "s.v"), 7),
        ContextUse("Variables", (), 44),
        ContextUse("a", ("b",), 54),
    )


def test_what_follows_ends_where_it_isnt_written_out() -> None:
    assert parse("a.b.*.c").names().contexts[0].members == ("b",)
    assert parse("a.b[0].c").names().contexts[0].members == ("b",)
    assert parse("a").names().contexts[0].members == ()


def test_functions_with_the_strings_they_are_given() -> None:
    names = parse("or(succeeded('A', b), Failed()).c").names()
    assert names.functions == (
        FunctionUse("or", (None, None), 0),
        FunctionUse("succeeded", ("A", None), 3),
        FunctionUse("Failed", (), 22),
    )
    assert [use.name for use in names.contexts] == ["b"]


def test_check_without_evaluating() -> None:
    expression = parse("gt(1, variables.x)")
    expression.check({"Variables": {"x": "no number"}})
    with pytest.raises(ExpressionError, match="there is no variables here"):
        expression.check({"parameters": {}})


def test_check_knows_the_functions_of_the_caller() -> None:
    expression = parse("and(succeeded(), eq(1, 1))")
    expression.check({}, {"Succeeded": Function("succeeded", 0, None, lambda: True)})
    with pytest.raises(ExpressionError, match="did you mean succeededOrFail"):
        functions = {"succeededOrFailed": Function("succeededOrFailed", 0, None, lambda: True)}
        parse("succeededOrFailled()").check({}, functions)


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (0, 0, "f takes no arguments"),
        (1, 1, "f takes 1 argument"),
        (2, 2, "f takes 2 arguments"),
        (0, None, "f takes any number of arguments"),
        (1, None, "f takes at least 1 argument"),
        (2, None, "f takes at least 2 arguments"),
        (1, 2, "f takes 1 to 2 arguments"),
    ],
)
def test_how_a_message_names_the_limits(least: int, most: int | None, text: str) -> None:
    assert Function("f", least, most, lambda: None).takes() == text
