"""A guard is around the whole of a condition."""

from __future__ import annotations

import pytest

from modelyard.local.workflows.conditions import guarded
from modelyard.local.workflows.expressions import ExpressionError


@pytest.mark.parametrize(
    ("condition", "inner"),
    [
        ("always()", "always()"),
        ("!cancelled()", "!cancelled()"),
        ("${{ always() }}", "always()"),
        ("${{ always() }}\n", "always()"),
        ("always() &&\n  true\n", "always() &&\n  true"),
        ("true", "true"),
        ("1", "1"),
        ("'text'", "'text'"),
        ("'it''s ) }}'", "'it''s ) }}'"),
        ("${{ '}}' }}", "'}}'"),
        ("${{ '${{ }}' }}", "'${{ }}'"),
        ("${{ always() }} && true", "format('{0} && true', always())"),
        ("! ${{ failure() }}", "format('! {0}', failure())"),
        ("${{ a }}${{ b }}", "format('{0}{1}', a, b)"),
        ("'${{ a }}' == '{'", "format('''{0}'' == ''{{''', a)"),
        ("${{ always() }}\n|| x", "format('{0}\n|| x', always())"),
    ],
)
def test_every_form(condition: str, inner: str) -> None:
    assert guarded(condition, "ok") == f"${{{{ ok && ({inner}) }}}}"


@pytest.mark.parametrize("condition", ["", "  \n"])
def test_none_is_that_nothing_has_failed(condition: str) -> None:
    assert guarded(condition, "ok") == "${{ ok && success() }}"


@pytest.mark.parametrize(
    "condition",
    ["a) || (b", "a) }} || (b", "a }} b", "(a", "'a", "${{ a", "${{ a) || (b }}", "${{ }}"],
)
def test_nothing_gets_out_of_the_guard(condition: str) -> None:
    with pytest.raises(ExpressionError):
        guarded(condition, "ok")
