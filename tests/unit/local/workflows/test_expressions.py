"""GitHub's expressions are read as its runner reads them, and every mistake has a place.

Sources: docs.github.com, actions/reference/workflows-and-actions/expressions and contexts;
actions/runner, src/Sdk/DTExpressions2.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.local.workflows.expressions import (
    Called,
    ExpressionError,
    Named,
    is_one,
    spans,
    uses,
)


@pytest.mark.parametrize(
    "text",
    [
        "true", "null", "NaN", "Infinity", "-Infinity", "0", "-9.2", "+1", ".5", "5.", "0xff",
        "0o17", "-2.99e-2", "'it''s'", "''", "(1)", "((true))", "!!false", "! 1", "1 < .5",
        "1 == 2 != 3 && 4 || 5 >= 6 <= 7 > 8", "-1.5e3<0xF",
    ],
)  # fmt: skip
def test_literals_and_operators(text: str) -> None:
    assert uses(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("github.ref", [Named("github", 0, "ref")]),
        ("github['ref']", [Named("github", 0, "ref")]),
        ("a.true.null.x-y._z", [Named("a", 0, "true")]),
        ("a.*.b[*].c[0]", [Named("a", 0)]),
        ("a[b.c][d('x')]", [Named("a", 0), Named("b", 2, "c"), Called("d", 7, 1)]),
        (" f( )", [Called("f", 1, 0)]),
        ("f (1, g(a), 'x,y')", [Named("a", 8), Called("g", 6, 1), Called("f", 0, 3)]),
        ("f(1).x[0]", [Called("f", 0, 1)]),
        ("(a).b", [Named("a", 1)]),
        ("!a && (b || !c)", [Named("a", 1), Named("b", 7), Named("c", 13)]),
        ("True", [Named("True", 0)]),
    ],
)
def test_what_an_expression_uses(text: str, found: list[Named | Called]) -> None:
    assert uses(text) == found


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "there is no expression"),
        ("a = 'b'", 2, "there is no operator =: write =="),
        ("a & b", 2, "there is no operator &: write &&"),
        ("a | b", 2, "there is no operator |: write ||"),
        ('a == "b"', 5, "texts have single quotes"),
        ("a == 'b", 5, "a single quote is missing"),
        ("a ==", 4, "a value is missing at the end"),
        ("!", 1, "a value is missing at the end"),
        ("== a", 0, "== can't be where a value has to be"),
        ("a b", 2, "b can't be here"),
        ("a !b", 2, "! can't be here"),
        ("1.2.3", 0, "1.2.3 is no number"),
        ("0x", 0, "0x is no number"),
        ("a + b", 2, "+ is no number"),
        ("a * b", 2, "* can't be here"),
        ("* ", 0, "* can't be where a value has to be"),
        ("a.2", 2, "2 can't follow a dot"),
        ("a.", 1, "a name or * has to follow the dot"),
        ("'a'.b", 3, ". can't be here"),
        ("'a'[0]", 3, "[ can't be here"),
        ("true(1)", 4, "( can't be here"),
        ("a.b(1)", 3, "( can't be here"),
        ("a[0", 1, "[ isn't closed: ] is missing"),
        ("f(a", 1, "( isn't closed: ) is missing"),
        ("(a]", 2, "] can't be here"),
        ("a)", 1, ") can't be here"),
        ("f(a,)", 4, ") can't be where a value has to be"),
        ("f(,)", 2, ", can't be where a value has to be"),
        ("(a, b)", 2, ", can't be here"),
        ("()", 1, ") can't be where a value has to be"),
        ("$a", 0, "$a is no name"),
        ("a{", 0, "a{ is no name"),
        ("f(" * 50 + "1" + ")" * 50, 99, "nested deeper than 50"),
        ("'" + "x" * 21_000 + "'", 0, "at most 21,000 characters"),
    ],
)
def test_a_mistake_has_a_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        uses(text)

    assert message in caught.value.message
    assert caught.value.offset == offset


def test_what_is_deep_but_legal() -> None:
    assert len(uses("f(" * 49 + "1" + ")" * 49)) == 49
    assert uses("(" * 5_000 + "1" + ")" * 5_000) == []  # groups are no level at GitHub
    assert uses("a" + ".b" * 5_000) == [Named("a", 0, "b")]


PIECES = st.sampled_from(
    [
        "(", ")", "[", "]", ",", ".", "*", "!", "==", "&&", "=", "'", "''", '"', " ", "a", "b-1",
        "1", "-", "0x1", "true", "${{", "}}", "\n", "\u00a0", "\u20ac", "f(",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(TEXTS)
@example("\u2028")
@example("\x1c")
@example(".")
@example("a.'x'")
def test_any_text_is_read_or_has_a_mistake_at_a_place(text: str) -> None:
    mistake: ExpressionError | None = None
    found: list[Named | Called] = []
    try:
        found = uses(text)
    except ExpressionError as error:
        mistake = error
    assert mistake is None or (mistake.message and 0 <= mistake.offset <= len(text))
    for use in found:
        assert text.startswith(use.name, use.offset)


@given(TEXTS)
def test_spans_lie_in_the_text_one_after_another(text: str) -> None:
    found: list[tuple[int, int]] = []
    mistake: ExpressionError | None = None
    try:
        found.extend(spans(text))
    except ExpressionError as error:
        mistake = error
    assert mistake is None or text.startswith("${{", mistake.offset)
    for begin, end in found:
        assert text[begin - 3 : begin] == "${{"
        assert text[end : end + 2] == "}}"
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a ${{ b }} c ${{d}}", [" b ", "d"]),
        ("${{ '}}' }}", [" '}}' "]),
        ("${{ '${{' }}", [" '${{' "]),
        ("${{ 'a''}}' }}", [" 'a''}}' "]),
        ("${{}}", [""]),
        ("}} $ {{ }}", []),
    ],
)
def test_spans(text: str, found: list[str]) -> None:
    assert [text[begin:end] for begin, end in spans(text)] == found


def test_one_expression_and_nothing_beside_it() -> None:
    assert is_one(" ${{ a }}\n")
    assert not any(map(is_one, ["a", "${{ a", "x ${{ a }}", "${{ a }}x", "${{ a }}${{ b }}"]))
