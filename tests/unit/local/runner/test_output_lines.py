from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.runner.output_lines import Line, Lines


def cut(*chunks: bytes, longest: int = 1 << 20) -> list[Line]:
    lines = Lines(longest)
    found = [line for chunk in chunks for line in lines.feed(chunk)]
    return [*found, *lines.rest()]


@given(st.text("ab\r\n"), st.integers(1, 5))
def test_lines_end_where_dotnet_ends_them_however_the_chunks_fall(text: str, size: int) -> None:
    raw = text.encode()
    found = cut(*(raw[start : start + size] for start in range(0, len(raw), size)))
    expected = re.split("\r\n|\r|\n", text)
    if expected[-1] == "":
        expected.pop()
    assert [line.text for line in found] == expected


def test_a_line_that_is_too_long_is_kept_in_part_and_the_rest_counted() -> None:
    assert cut(b"abc", b"def", b"gh\nij\n", longest=5) == [Line("abcde", 3), Line("ij")]


def test_the_longest_line_is_whole() -> None:
    assert cut(b"abcde\n", longest=5) == [Line("abcde")]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert cut(b"a\xffb\n") == [Line("a\ufffdb")]
