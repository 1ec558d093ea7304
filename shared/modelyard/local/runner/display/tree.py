"""A run as a live tree on a terminal.

A stage that is over is printed and stays; below, what runs and what is to come is drawn again and
again. Of a log only errors and warnings, whole, and the last line are shown: the rest is in the
result folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from modelyard.clock import Clock
from modelyard.databricks.remote_text import clean
from modelyard.local.runner.display.marks import color, mark, takes_signs, took
from modelyard.local.runner.display.rows import Row, of_stage
from modelyard.local.runner.engine.events import Ended, Event, Line, Notice, Reason, RunPath
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import place_of
from modelyard.local.runner.results.history import History, Node

WIDEST = 100
_ISSUES = {"##[error]": "red", "##[warning]": "yellow"}
_FRAMES_A_SECOND = 8
_BY_HAND = frozenset(one.line for one in (Reason.CANCELED, Reason.FORCED))
"""The rows of steps say so; that the run was cancelled is told once, after them."""


class TreeDisplay:
    """For people."""

    def __init__(self, history: History, out: TextIO, clock: Clock) -> None:
        self._history, self._clock = history, clock
        self._console = Console(file=out, highlight=False, soft_wrap=False)
        self._ascii = not takes_signs(out.encoding)
        self._spinner = Spinner("line" if self._ascii else "dots", style="cyan")
        self._live = Live(
            console=self._console,
            get_renderable=self._drawn,
            refresh_per_second=_FRAMES_A_SECOND,
            transient=True,
            redirect_stdout=False,  # nobody else writes to it but who asks, while this is paused
        )
        self._printed: set[str] = set()
        self._in_issue: set[RunPath] = set()
        """Steps whose last line was one of an error or a warning."""
        self._live.start()

    def __call__(self, event: Event) -> None:
        match event:
            case Line(path, text, continues):
                self._show_issue(path, text, continues=continues)
            case Ended(path) if len(path) == 1:
                self._print_stage(self._history.node(path))
            case Notice(text, level) if level != "info":
                style = "red" if level == "error" else "yellow"
                self._console.print(Text(f"{level}: {text}", style=style))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The terminal belongs to somebody else: a question is asked."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def close(self) -> None:
        """The run is over: draw no more."""
        self._live.stop()
        root = self._history.root
        for stage in root.children.values():
            self._print_stage(stage)
        result = root.result if root.result is not None else Result.CANCELED
        table = self._table()
        head = Text.assemble((root.title, "bold"), "  ", (result.text, color(result)))
        table.add_row(head, "", took(root.seconds(self._clock.time())))
        self._console.print(table)

    def _show_issue(self, path: RunPath, text: str, *, continues: bool) -> None:
        """Every line of it: what to do about an error stands below what happened."""
        if continues:
            if path in self._in_issue:  # not broken into lines here: it may be a command to copy
                self._console.print(Text(f"  {clean(text)}"), soft_wrap=True)
            return
        self._in_issue.discard(path)
        if text in _BY_HAND:
            return
        for beginning, style in _ISSUES.items():
            if text.startswith(beginning):
                self._in_issue.add(path)
                kind = beginning[3:-1]
                where = (f"{place_of(path)}: ", "bright_black")
                line = Text.assemble((f"{kind} ", f"bold {style}"), where)
                self._console.print(line.append(clean(text[len(beginning) :])))

    def _print_stage(self, stage: Node) -> None:
        if stage.path[-1] in self._printed or stage.result is None:
            return
        self._printed.add(stage.path[-1])
        table = self._table()
        for row in of_stage(stage):
            self._add(table, row)
        self._console.print(table)

    def _drawn(self) -> Group:
        root = self._history.root
        table = self._table()
        for stage in root.children.values():
            if stage.path[-1] not in self._printed:
                for row in self._shortened(stage):
                    self._add(table, row)
        return Group(table)

    def _shortened(self, stage: Node) -> Iterator[Row]:
        """So that it fits: of jobs that are over no steps, of others the last that are."""
        room = max(self._console.height - 4, 8)
        found = list(of_stage(stage))
        if len(found) <= room:
            yield from found
            return
        kept = [row for row in found if len(row.node.path) < 3 or row.node.is_running]
        yield from kept[:room]

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        # Not the last column: a terminal that writes a key there would begin a new line.
        table.width = min(self._console.width - 1, WIDEST)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=5)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=6)
        table.add_column(no_wrap=True, justify="right", width=8)
        return table

    def _add(self, table: Table, row: Row) -> None:
        node = row.node
        now = self._clock.time()
        indent = "  " * row.depth
        bold = "bold" if len(node.path) < 3 else ""
        if node.result is not None:
            style = color(node.result)
            left = Text.assemble(
                indent,
                (mark(node.result, ascii_only=self._ascii), style),
                " ",
                (node.title, "bright_black" if node.result is Result.SKIPPED else bold),
            )
            time = "" if node.result is Result.SKIPPED else took(node.seconds(now))
            note = Text(row.note, style="red" if node.result is Result.FAILED else "")
            table.add_row(left, note, time)
        elif node.waiting:
            left = Text.assemble(indent, ("?", "yellow"), " ", (node.title, bold))
            table.add_row(left, Text(node.waiting, style="yellow"), took(node.seconds(now)))
        elif node.started is None:
            table.add_row(Text(f"{indent}· {node.title}", style="bright_black"), "", "")
        else:
            frame = self._spinner.render(now)
            shown = frame.plain if isinstance(frame, Text) else "*"
            left = Text.assemble(indent, (shown, "cyan"), " ", (node.title, bold))
            percent = f"{node.percent}% " if node.percent else ""
            said = node.note or _folded(node.last_line)
            table.add_row(left, Text(percent + said, style="dim"), took(node.seconds(now)))


def _folded(line: str) -> str:
    """A line of a log as a word on what goes on; markers of groups and sections are left out."""
    if line.startswith("##["):
        return line.partition("]")[2]
    return line.strip()
