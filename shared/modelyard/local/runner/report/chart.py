"""Charts of bars. A summary has them as text, which all CI systems show alike.

Source: :func:`modelyard.summary.bar_chart`, which writes the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelyard.local.runner.report.html import Html, tag

_ROW = re.compile(
    r"(?P<label>.*?) {2}[ ▏▎▍▌▋▊▉█]{32} {2,}"
    r"(?P<value>none|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)(?: {2}(?P<note>.*))?"
)
_LINE = "threshold"
"""The row that is no bar: the others are compared with it."""


@dataclass(frozen=True)
class _Row:
    label: str
    shown: str
    value: float | None
    note: str


def chart(lines: Sequence[str]) -> Html | None:
    """A code block as a chart; None where it isn't one.

    Bars start at zero, as in the text, so their lengths can be compared.
    """
    rows = [_row(line) for line in lines[1:]]
    found = [row for row in rows if row is not None]
    if not found or len(found) < len(rows):
        return None
    values = [row.value for row in found if row.value is not None]
    least, most = min([0.0, *values]), max([0.0, *values])
    line = next((row.value for row in found if row.label == _LINE), None)

    def place(value: float) -> float:
        return 100 * (value - least) / ((most - least) or 1.0)

    drawn = [_drawn(row, place, line) for row in found]
    table = tag("div", tag("table", tag("tbody", *drawn)), class_="wide")
    return tag("div", tag("p", lines[0], class_="quiet"), table, class_="chart")


def _row(line: str) -> _Row | None:
    found = _ROW.fullmatch(line)
    if found is None:
        return None
    value = None if found["value"] == "none" else float(found["value"])
    return _Row(found["label"].rstrip(), found["value"], value, found["note"] or "")


def _drawn(row: _Row, place: Callable[[float], float], line: float | None) -> Html:
    parts = []
    if row.value is not None and row.label != _LINE:
        start, end = sorted((place(0.0), place(row.value)))
        parts.append(tag("i", style=f"left:{start:.2f}%;width:{end - start:.2f}%"))
    if line is not None:
        parts.append(tag("b", style=f"left:{place(line):.2f}%"))
    return tag(
        "tr",
        tag("td", row.label),
        tag("td", tag("div", *parts, class_="bar")),
        tag("td", row.shown, class_="number"),
        tag("td", row.note),
        class_="best" if row.note == "best" else None,
    )
