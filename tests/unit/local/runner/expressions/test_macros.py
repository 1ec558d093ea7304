"""Macros as the agent's ``VarUtil.ExpandValues`` (42bde98b) expands them, and ``$[ ]``."""

from __future__ import annotations

import pytest

from modelyard.local.runner.expressions.macros import Macro, Runtime, expand, macros, runtime

VARIABLES = {
    "a": "1",
    "build.sourcebranch": "main",
    "recursive": "$(a)",
    "open": "$(",
    "empty": "",
    "a$(a": "odd",
    "with space": "s",
}


def value(name: str) -> str | None:
    return VARIABLES.get(name.lower())


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        pytest.param("x $(a) y", "x 1 y", id="a macro"),
        pytest.param("$(a)$(a)", "11", id="two"),
        pytest.param("$(A) $(Build.SourceBranch)", "1 main", id="case-insensitive"),
        pytest.param("$(nosuch)", "$(nosuch)", id="unknown stays"),
        pytest.param("$(nosuch) $(a)", "$(nosuch) 1", id="unknown stays, the next is expanded"),
        pytest.param("$(recursive)", "$(a)", id="not recursive"),
        pytest.param("$(open)a)", "$(a)", id="what a value begins isn't completed"),
        pytest.param("[$(empty)]", "[]", id="an empty value"),
        pytest.param("$()", "$()", id="no name"),
        pytest.param("$(a", "$(a", id="not closed"),
        pytest.param("$(x$(a))", "$(x1)", id="a macro in one that isn't known"),
        pytest.param("$(a$(a))", "odd)", id="the name goes to the first parenthesis"),
        pytest.param("$((a))", "$((a))", id="arithmetic"),
        pytest.param("$(echo $(a))", "$(echo 1)", id="a shell's substitution"),
        pytest.param("$$(a)", "$1", id="a dollar before"),
        pytest.param("$(with space)", "s", id="blanks are part of the name"),
        pytest.param("$( a )", "$( a )", id="blanks aren't trimmed"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_expand(text: str, expanded: str) -> None:
    assert expand(text, value) == expanded


def test_macros_are_what_could_be_expanded() -> None:
    assert list(macros("$(a) $(x$(b)) $() $(c")) == [
        Macro("a", 0),
        Macro("x$(b", 5),
        Macro("b", 8),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$[variables.a]", Runtime("variables.a", 2)),
        ("  $[ eq(1, 1) ]\n", Runtime(" eq(1, 1) ", 4)),
        ("$[variables['a']]", Runtime("variables['a']", 2)),
        ("$[variables.a] foo", None),
        ("foo $[variables.a]", None),
        ("$(a)", None),
        ("$[", None),
        ("", None),
    ],
)
def test_a_runtime_expression_is_the_whole_value(text: str, found: Runtime | None) -> None:
    """process/variables: "must take up the entire right side of a key-value definition"."""
    assert runtime(text) == found
