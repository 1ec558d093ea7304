"""The job summary of runs: a table, a chart of the metric, the winner or what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.errors import ModelyardError
from modelyard.operations.runs.run_records import Record
from modelyard.selection import Choice, Criterion, number
from modelyard.summary import ERROR, Bar, bar_chart, code, escape, fence, heading, link, table
from modelyard.waiting import duration

METRICS = 4
"""Columns of metrics in the table; the artifact has all of them."""


def runs_summary(
    name: str,
    records: Sequence[Record],
    *,
    by: Criterion | None = None,
    choice: Choice | None = None,
    error: ModelyardError | None = None,
) -> str:
    """Markdown.

    :param name: of the job or notebook.
    :param error: is shown below the table, as it is in the log.
    """
    best = choice.best.candidate.id if choice else ""
    parts = [heading(f"Runs of {name}"), _table(records, by, best)]
    if by is not None and any(by.metric in record.metrics for record in records):
        parts.append(_chart(records, by, best))
    if choice is not None and by is not None:
        winner = next(record for record in records if str(record.run_id) == best)
        told = [link(f"run {best}", winner.url), f"{code(by.metric)} {number(choice.value)}"]
        told += [escape(winner.label)] if winner.label else []
        parts.append(f"Best run ({escape(by.shown)}): {', '.join(told)}")
    if error is not None:
        parts.append(fence("\n".join(error.lines()), ERROR))
    return "\n\n".join(parts) + "\n"


def _table(records: Sequence[Record], by: Criterion | None, best: str) -> str:
    metrics = _metrics(records, by)
    header = ["run", "parameters", "result", "took", *metrics]
    rows = []
    for record in records:
        run_id = str(record.run_id) if record.run_id else "-"
        mark = " ★" if record.run_id and run_id == best else ""
        took = duration(record.run.duration) if record.run and record.run.duration else ""
        values = [
            number(record.metrics[name]) if name in record.metrics else "" for name in metrics
        ]
        rows.append(
            [
                link(run_id, record.url) + mark,
                escape(record.label),
                escape(record.state),
                took,
                *values,
            ]
        )
    return table(header, rows, right=range(3, len(header)))


def _metrics(records: Sequence[Record], by: Criterion | None) -> list[str]:
    """The metric that is asked for first, then the others by name."""
    names = sorted({name for record in records for name in record.metrics})
    first = [by.metric] if by is not None and by.metric in names else []
    return [*first, *(name for name in names if name not in first)][:METRICS]


def _chart(records: Sequence[Record], by: Criterion, best: str) -> str:
    bars = [
        Bar(
            record.label or f"run {record.run_id}",
            record.metrics.get(by.metric),
            "best"
            if record.run_id and str(record.run_id) == best
            else ("" if record.succeeded(allow_partial=True) else record.state),
        )
        for record in records
    ]
    return bar_chart(f"{by.metric}, {by.better} is better", bars, line=by.threshold)
