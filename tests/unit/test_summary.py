from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from modelyard.summary import Bar, bar_chart, code, escape, fence, heading, link, table

ODD = (
    *("a|b", "```", "````\n# x", "<script>", "[x](http://y)", "a\r\nb", "`|`", "\\|", "\\\\|"),
    *("|\\", "- x", "1. x", "![](x)", "a\u2028b"),
)
TEXT = some.text(max_size=60) | some.sampled_from(ODD)


def cells(line: str) -> list[str]:
    """A row's cells, as GitHub parts them: at bars that aren't escaped, looked at from the left."""
    found = re.findall(r"((?:\\[^\w\s]|[^|])*)\|", line)
    return found[1:]


def test_a_table() -> None:
    assert table(["run", "rmse"], [["841", "0.7"], ["842", ""]], right=[1]) == (
        "| run | rmse |\n| --- | ---: |\n| 841 | 0.7 |\n| 842 |  |"
    )


@given(some.lists(some.tuples(TEXT, TEXT), max_size=4))
def test_no_text_breaks_a_table(rows: list[tuple[str, str]]) -> None:
    text = table(["a", "b"], [[escape(one), code(two)] for one, two in rows])
    lines = text.split("\n")
    assert len(lines) == len(rows) + 2
    assert all(len(cells(line)) == 2 for line in lines)
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines)


def test_a_row_of_the_wrong_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="3 cells"):
        table(["a", "b"], [["1", "2", "3"]])


@given(TEXT)
def test_escaped_text_is_one_line_without_tags(text: str) -> None:
    shown = escape(text)
    assert "\n" not in shown
    assert "\r" not in shown
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]|~$]", shown)
    assert not re.match(r"[#+=-]|\d+[.)]", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("l1_ratio 0.5, alpha -1", "l1_ratio 0.5, alpha -1"),
        ("_a_ **b** ~~c~~", "\\_a\\_ \\*\\*b\\*\\* \\~\\~c\\~\\~"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("<img src=x>&amp;", "&lt;img src=x&gt;&amp;amp;"),
        ("# x", "\\# x"),
        ("12. x", "12\\. x"),
        ("a\n\n# b", "a # b"),
        ("\x1b[31mred\u202e", "\\[31mred"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_nobody_is_mentioned_and_nothing_is_linked() -> None:
    assert "@team" not in escape("hello @team")
    assert "https://" not in escape("see https://evil.example")
    assert "www." not in escape("see www.evil.example")


@given(TEXT)
def test_no_text_ends_its_code(text: str) -> None:
    shown = code(text)
    if shown.startswith("<code>"):
        assert shown.endswith("</code>")
        assert "<" not in shown[6:-7]
    elif shown:
        opening = re.match(r"`+", shown)
        assert opening is not None
        ticks = opening[0]
        inner = shown[len(ticks) : -len(ticks)]
        assert shown.endswith(ticks)
        assert all(len(run) != len(ticks) for run in re.findall("`+", inner))


@given(TEXT)
def test_no_text_ends_its_block(text: str) -> None:
    first, *inner, last = fence(text).split("\n")
    ticks = first.removesuffix("text")
    assert set(ticks) == {"`"}
    assert last == ticks
    assert all(not line.strip().startswith(ticks) for line in inner)


def test_a_long_text_loses_its_middle() -> None:
    shown = fence("a" * 30_000 + "THE END")
    assert len(shown) < 21_000
    assert "characters left out" in shown
    assert shown.endswith("THE END\n```")


def test_a_link() -> None:
    assert link("run 841", "https://h/#job/1/run/841") == "[run 841](<https://h/#job/1/run/841>)"
    assert link("a](x)", "https://h/(1)") == "[a\\](x)](<https://h/%281%29>)"


@pytest.mark.parametrize("url", ["javascript:x", "", "https://h/ x", "https://h/>", "//h/x"])
def test_no_other_link(url: str) -> None:
    assert link("x", url) == "x"


def test_a_heading() -> None:
    assert heading("Runs of #wine") == "### Runs of #wine"


def bars(chart: str) -> list[str]:
    return chart.split("\n")[2:-1]


def test_a_chart() -> None:
    chart = bar_chart(
        "rmse", [Bar("alpha 0.5", 0.8), Bar("alpha 0.1", 0.4, "best"), Bar("x", None, "FAILED")]
    )
    assert chart.split("\n")[:2] == ["```text", "rmse"]
    first, second, third = bars(chart)
    assert first == f"alpha 0.5  {'█' * 32}   0.8"
    assert second == f"alpha 0.1  {'█' * 16}{' ' * 16}   0.4  best"
    assert third == f"x          {' ' * 32}  none  FAILED"


def test_bars_are_as_long_as_their_values() -> None:
    values = [0.79316, 0.74432, 0.71288]
    lengths = [line.count("█") for line in bars(bar_chart("rmse", [Bar("x", v) for v in values]))]
    assert lengths == sorted(lengths, reverse=True)
    assert abs(lengths[2] / 32 - values[2] / values[0]) < 1 / 32


def test_the_threshold_has_a_bar_of_its_own() -> None:
    chart = bar_chart("rmse", [Bar("a", 0.4)], line=0.8)
    assert bars(chart)[1] == f"threshold  {'█' * 32}  0.8"


def test_negative_values_go_to_the_left() -> None:
    low, high = bars(bar_chart("r2", [Bar("a", -1.0), Bar("b", 1.0)]))
    assert low == f"a  {'█' * 16}{' ' * 16}  -1"
    assert high == f"b  {' ' * 16}{'█' * 16}   1"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_is_no_number_has_no_bar(value: float | None) -> None:
    chart = bar_chart("x", [Bar("a", value), Bar("b", 1.0)])
    assert "█" not in bars(chart)[0]


@given(
    some.lists(some.tuples(TEXT, some.none() | some.floats(width=32), TEXT), min_size=1, max_size=5)
)
def test_every_chart_has_one_line_for_each_bar(rows: list[tuple[str, float | None, str]]) -> None:
    chart = bar_chart("title", [Bar(*row) for row in rows])
    assert len(bars(chart)) == len(rows)
    assert chart.count("\n") == len(rows) + 2


def test_no_bars_and_only_zeros() -> None:
    assert bars(bar_chart("x", [])) == []
    (line,) = bars(bar_chart("x", [Bar("a", 0.0)]))
    assert line.split() == ["a", "0"]


def test_columns_stand_below_each_other_in_any_script() -> None:
    wide, narrow = bars(bar_chart("x", [Bar("葡萄酒", 1.0), Bar("wine..", 1.0)]))
    assert wide.index("█") + 3 == narrow.index("█")
