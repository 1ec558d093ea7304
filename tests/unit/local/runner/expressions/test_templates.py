"""Text with ``${{ }}``. Rows name a heading of ``process/template-expressions`` or a claim."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.expressions import ExpressionError, template
from unit.local.runner.expressions.cases import CONTEXTS, table

VALUES = [
    ("no expression", "plain $(macro) $[runtime]", "plain $(macro) $[runtime]"),
    ("no expression", "", ""),
    ("whole value keeps its type", "${{ true }}", True),
    ("whole value keeps its type", "${{ 1.50 }}", 1.5),
    ("whole value keeps its type", "${{ parameters.data.list }}", ["zero", "one"]),
    ("whole value keeps its type", "${{variables.none}}", None),
    ("in text: string", "a ${{ variables.MyVar }} b", "a value b"),
    ("in text: True or False", "${{ true }}/${{ eq(1, 2) }}", "True/False"),
    ("in text: null is empty", "[${{ variables.none }}]", "[]"),
    ("in text: numbers", "v${{ 1.50 }}.${{ 1.2.3 }}", "v1.5.1.2.3"),
    ("in text: blanks around make it text", " ${{ 1 }}", " 1"),
    ("Escape a value", "${{ 'my${{value' }}", "my${{value"),
    (
        "Escape a value",
        "${{ 'my${{value with a '' single quote too' }}",
        "my${{value with a ' single quote too",
    ),
    ("braces in quotes", "${{ '}}' }}${{ '{{' }}", "}}{{"),
    ("braces in quotes", "${{ format('{{{0}}}', 'x') }}", "{x}"),
    ("quotes outside", "it's ${{ 1 }}, isn't it", "it's 1, isn't it"),
    ("closing braces outside", "a }} ${{ 1 }} }}", "a }} 1 }}"),
    ("one brace more", "${{ 1 }}}", "1}"),
    ("over lines", "one\n${{\n  variables.MyVar\n}}\n", "one\nvalue\n"),
]


@pytest.mark.parametrize(("text", "value"), table(VALUES))
def test_its_value(text: str, value: Any) -> None:
    result = template(text).evaluate(CONTEXTS)
    assert result == value
    assert type(result) is type(value)


WRONG = [
    ("C-E02-006", "ab ${{ 'unclosed }}", 3, "}} is missing"),
    ("not closed", "ab ${{ 1 } }", 3, "}} is missing"),
    ("not closed", "${{ 1 }} ${{", 9, "}} is missing"),
    ("empty", "ab ${{ }}", 6, "there is no expression"),
    ("the offset is that in the text", "ab ${{ eq(1) }}", 11, "eq takes 2 arguments"),
    ("the offset is that in the text", "${{ 1 }} ${{ eq(1,2,3) }}", 19, "not more"),
    ("the offset is that in the text", "ab ${{ nosuch.x }}", 7, "there is no nosuch"),
    ("the offset is that in the text", "ab ${{ parameters.x }}", 18, "there is no x"),
    ("the offset is that in the text", "ab ${{ lt(1, 'x') }}", 7, "lt: a string"),
    ("the offset is that in the text", "${{ lt(1, 'x') }}", 4, "lt: a string"),
    ("C-E02-104: trimmed, yet counted", "${{    1 == 1 }}", 9, "no operator"),
    ("in text: arrays", "ab ${{ parameters.data.list }}", 6, "write convertToJson(...)"),
    ("in text: objects", "ab ${{ parameters.data }}", 6, "an object can't be converted"),
]


@pytest.mark.parametrize(("text", "offset", "message"), table(WRONG))
def test_where_it_is_wrong(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        template(text).evaluate(CONTEXTS)
    assert message in caught.value.message
    assert caught.value.offset == offset


def test_its_parts() -> None:
    parts = template("a${{ b }}c${{ d }}")
    assert [part.expression.text for part in parts.expressions] == [" b ", " d "]
    assert [part.offset for part in parts.expressions] == [4, 13]
    assert parts.whole is None
    assert (whole := template("${{ b }}").whole) is not None
    assert whole.expression.text == " b "


def test_a_text_is_cut_once() -> None:
    assert template("a ${{ 1 }}") is template("a ${{ 1 }}")
