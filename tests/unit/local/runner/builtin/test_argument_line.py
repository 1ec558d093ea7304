from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.runner.builtin.argument_line import split_arguments


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        # azure-pipelines-task-lib, node/test/toolrunnertests.ts: what line() makes of quotes
        ("", ()),
        ("  ", ()),
        ("one  two", ("one", "two")),
        ('foo "bar baz" -o=x', ("foo", "bar baz", "-o=x")),
        (r'--path "a\"b" c', ("--path", 'a"b', "c")),
        (r'"C:\dir\x" y', (r"C:\dir\x", "y")),
        ('-p=" x y "', ("-p= x y ",)),
        ('""', ("",)),
        ("'a b'", ("'a", "b'")),
    ],
)
def test_arguments(line: str, arguments: tuple[str, ...]) -> None:
    assert split_arguments(line) == arguments


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters='"\\'), min_size=1)))
def test_what_is_quoted_comes_back(arguments: list[str]) -> None:
    assert split_arguments(" ".join(f'"{one}"' for one in arguments)) == tuple(arguments)
