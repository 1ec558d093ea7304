"""``display``, ``displayHTML`` and the value of a cell's last line: for log and run page."""

from __future__ import annotations

import base64
import html
import io
import sys
from collections.abc import Iterable
from typing import Any

HTML_LIMIT = 1_000_000
"""Characters of HTML kept for one cell."""
ROWS = 1_000
"""Rows of a Spark DataFrame that ``display`` shows, as on Databricks."""
LOG_ROWS = 20
"""Rows of it that go to the log."""


class Display:
    """Collects what the current cell shows besides text. The HTML is the notebook's: untrusted."""

    def __init__(self) -> None:
        self._html: list[str] = []
        self._room = HTML_LIMIT

    def take(self) -> list[str]:
        """The HTML of the cell that ends, with the figures it left open; forgets it."""
        self._keep_figures()
        taken, self._html, self._room = self._html, [], HTML_LIMIT
        return taken

    def display(self, *values: Any, **_: Any) -> None:
        """``display(x)``: tables and figures for the page, and their text for the log."""
        for value in values:
            if type(value).__module__.startswith("pyspark.sql") and hasattr(value, "limit"):
                self._show_spark(value)
            else:
                self.show(value)

    def html(self, content: Any) -> None:
        """``displayHTML(x)``."""
        text = str(content)
        if len(text) > self._room:
            text = f"<p>{len(text)} characters of HTML are too many to be shown.</p>"
        self._room = max(self._room - len(text), 0)
        self._html.append(text)

    def show(self, value: object) -> None:
        """Show a value: its repr, and its HTML where it has one."""
        if _is_figure(value):
            self.html(_figure_html(value))
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close(value)  # or it is shown again at the end
            return
        sys.stdout.write(f"{value!r}\n")
        maker = None if isinstance(value, type) else getattr(value, "_repr_html_", None)
        content = maker() if callable(maker) else None
        if isinstance(content, str):
            self.html(content)

    def _show_spark(self, frame: Any) -> None:
        """A Spark DataFrame is lazy: its first rows."""
        rows = frame.limit(ROWS).collect()
        for row in rows[:LOG_ROWS]:
            sys.stdout.write(f"{row!r}\n")
        if len(rows) > LOG_ROWS:
            sys.stdout.write(f"... {len(rows) - LOG_ROWS} more rows on the run page\n")
        self.html(_table_html(frame.columns, rows))

    def _keep_figures(self) -> None:
        """matplotlib figures that the cell made are shown at its end, and closed."""
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        # The module may be there half-imported, if its import failed.
        for number in pyplot.get_fignums() if hasattr(pyplot, "get_fignums") else ():
            figure = pyplot.figure(number)
            self.html(_figure_html(figure))
            pyplot.close(figure)


def _is_figure(value: object) -> bool:
    names = {f"{base.__module__}.{base.__name__}" for base in type(value).__mro__}
    return "matplotlib.figure.Figure" in names


def _figure_html(figure: Any) -> str:
    image = io.BytesIO()
    figure.savefig(image, format="png")
    data = base64.b64encode(image.getvalue()).decode()
    return f'<img alt="figure" src="data:image/png;base64,{data}">'


def _table_html(columns: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    def line(tag: str, values: Iterable[Any]) -> str:
        cells = "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)
        return f"<tr>{cells}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', columns)}</thead><tbody>{body}</tbody></table>"
