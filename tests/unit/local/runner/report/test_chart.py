"""Charts in summaries: what `modelyard.summary` writes as text is drawn."""

from __future__ import annotations

import re

import pytest

from modelyard.local.runner.report.markdown import render
from modelyard.summary import Bar, bar_chart, fence


def bars(markup: str) -> list[tuple[float, float]]:
    """Where each begins, and how long it is, in percent."""
    found = re.findall(r'<i style="left:([\d.]+)%;width:([\d.]+)%">', markup)
    return [(float(start), float(width)) for start, width in found]


def test_bars_are_as_long_as_their_values() -> None:
    markup = render(
        bar_chart(
            "rmse, lower is better",
            [Bar("alpha 0.5", 63.8), Bar("a", 15.95, "best"), Bar("failed", None, "FAILED")],
        )
    )

    assert bars(markup) == [(0, 100), (0, 25)]
    assert "rmse, lower is better" in markup
    assert re.search(r'<tr class="best"><td>a</td>.*?<td class="number">15.95</td>', markup)
    assert "<td>failed</td>" in markup
    assert "<td>FAILED</td>" in markup
    assert "█" not in markup


def test_the_threshold_is_a_line_through_all_of_them() -> None:
    markup = render(bar_chart("rmse", [Bar("a", 30.0), Bar("b", 60.0)], line=40.0))

    assert bars(markup) == [(0, 50), (0, 100)]
    assert markup.count('<b style="left:66.67%">') == 3


def test_negative_values_go_to_the_left_of_zero() -> None:
    markup = render(bar_chart("r2", [Bar("a", -1.0), Bar("b", 3.0)]))

    assert bars(markup) == [(0, 25), (25, 75)]


@pytest.mark.parametrize("label", ["", "two  blanks", "x" * 80, "漢字", "<b>", "█ █", "1  2"])
def test_any_label_is_shown_as_the_text_it_is(label: str) -> None:
    markup = render(bar_chart("m", [Bar(label, 2.0), Bar("other", 1.0)]))

    assert bars(markup) == [(0, 100), (0, 50)]
    assert "<b>" not in markup


@pytest.mark.parametrize(
    "text", ["", "title", "a\nb", "title\na  ███  1", "x\n\n", "t\na  " + "█" * 32 + "  1.2.3"]
)
def test_other_blocks_of_code_stay_what_they_are(text: str) -> None:
    assert render(fence(text)).startswith("<pre><code>")
