"""What cells show."""

from __future__ import annotations

import sys

import pytest

from modelyard.local.notebook.display import HTML_LIMIT, Display


class Table:
    def __repr__(self) -> str:
        return "table as text"

    def _repr_html_(self) -> str:
        return "<table></table>"


def test_value_goes_to_log_and_page(capsys: pytest.CaptureFixture[str]) -> None:
    display = Display()
    display.show(Table())
    display.show("text")
    assert capsys.readouterr().out == "table as text\n'text'\n"
    assert display.take() == ["<table></table>"]
    assert display.take() == []


def test_class_is_not_asked_for_html(capsys: pytest.CaptureFixture[str]) -> None:
    Display().show(Table)
    assert "class" in capsys.readouterr().out


def test_html_is_bounded() -> None:
    display = Display()
    display.html("x" * HTML_LIMIT)
    display.html("more")
    assert display.take()[1] == "<p>4 characters of HTML are too many to be shown.</p>"


def test_open_figures_are_shown_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    display = Display()
    pyplot.plot([1, 2])
    figure = pyplot.figure()
    display.display(figure)
    shown = display.take()
    assert len(shown) == 2
    assert all(part.startswith('<img alt="figure" src="data:image/png;base64,') for part in shown)
    assert pyplot.get_fignums() == []
    assert "matplotlib" in sys.modules


class Row(tuple):  # type: ignore[type-arg]
    __slots__ = ()


class SparkFrame:
    """Looks like a Spark DataFrame; knows what was asked of it."""

    columns = ("n", "<b>")
    limits: list[int] = []  # noqa: RUF012

    def limit(self, rows: int) -> SparkFrame:
        self.limits.append(rows)
        return self

    def collect(self) -> list[Row]:
        return [Row((i, "<i>")) for i in range(25)]


SparkFrame.__module__ = "pyspark.sql.dataframe"


def test_spark_frame_is_fetched_once_and_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    display = Display()
    display.display(SparkFrame())
    (table,) = display.take()
    assert "<th>&lt;b&gt;</th>" in table
    assert table.count("<tr>") == 26
    assert "... 5 more rows" in capsys.readouterr().out
    assert SparkFrame.limits == [1000]
