"""The report of a job: a table and a chart, as text for a terminal and as one HTML file.

Everything that came from a run is text to be escaped: a notebook may have written it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from modelyard.waiting import duration

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1f24; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .35rem .75rem; border-bottom: 1px solid #d8dee4; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.best { background: #eaf6ec; } code { overflow-wrap: anywhere; }
svg text { font: 13px system-ui, sans-serif; fill: currentColor; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } th, td { border-color: #30363d; }
  tr.best { background: #12321c; } a { color: #58a6ff; } }
"""


@dataclass(frozen=True)
class Step:
    """One step that was run. ``log`` is the name of its log file beside the report."""

    title: str
    exit_code: int
    seconds: float
    log: str


@dataclass(frozen=True)
class Outcome:
    """What the job came to."""

    title: str
    metric: str
    threshold: float
    runs: Sequence[Mapping[str, Any]]
    """The ``runs`` output of job-run: parameters, metrics, run_url, mlflow_run_id, ..."""
    best_run: str
    """The MLflow run id of the winner."""
    image: str
    digest: str
    endpoints: Mapping[str, str]
    """Scoring URL by environment."""


def text(outcome: Outcome) -> str:
    """The summary for a terminal."""
    names = _metric_names(outcome)
    rows = [["run", "parameters", *names, ""]]
    for run in outcome.runs:
        best = "best" if run.get("mlflow_run_id") == outcome.best_run else ""
        rows.append(
            [str(run["run_id"]), _parameters(run, outcome.runs), *_figures(run, names), best]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]  # noqa: B905
    lines += ["", f"image       {outcome.image}", f"digest      {outcome.digest}"]
    lines += [f"{name:<11} {url}" for name, url in outcome.endpoints.items()]
    return "\n" + "\n".join(line.rstrip() for line in lines)


def write(path: Path, steps: Sequence[Step], outcome: Outcome) -> Path:
    """Write the HTML report; returns its path."""
    scoring = outcome.endpoints.items()
    body = [
        f"<h1>{escape(outcome.title)}</h1>",
        f"<h2>{escape(outcome.metric)} of each run</h2>",
        _chart(outcome),
        _runs(outcome),
        "<h2>Image and endpoints</h2>",
        _table(
            [("image", f"<code>{escape(outcome.image)}</code>")]
            + [("digest", f"<code>{escape(outcome.digest)}</code>")]
            # Not links: a browser would GET them, and rows are POSTed.
            + [(escape(name), f"<code>{escape(url)}</code>") for name, url in scoring]
        ),
        "<h2>Steps</h2>",
        _table([_step(step) for step in steps]),
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(outcome.title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )
    path.write_text(page, encoding="utf-8")
    return path


def _runs(outcome: Outcome) -> str:
    names = _metric_names(outcome)
    head = "".join(f'<th class="number">{escape(name)}</th>' for name in names)
    rows = []
    for run in outcome.runs:
        best = ' class="best"' if run.get("mlflow_run_id") == outcome.best_run else ""
        cells = "".join(f'<td class="number">{cell}</td>' for cell in _figures(run, names))
        link = _link(str(run.get("run_url", "")), str(run["run_id"]))
        parameters = escape(_parameters(run, outcome.runs))
        rows.append(f"<tr{best}><td>{link}</td><td>{parameters}</td>{cells}</tr>")
    return f"<table><tr><th>run</th><th>parameters</th>{head}</tr>{''.join(rows)}</table>"


def _chart(outcome: Outcome) -> str:
    """Horizontal bars from zero, with the threshold as a line. Width 700 units."""
    values = [
        (_parameters(run, outcome.runs), _metric(run, outcome.metric)) for run in outcome.runs
    ]
    shown = [(name, value) for name, value in values if value is not None]
    if not shown:
        return "<p>No run has this metric.</p>"
    most = max([value for _, value in shown] + [outcome.threshold]) or 1.0
    scale, parts = 420 / most, []
    for row, (name, value) in enumerate(shown):
        y = 10 + 30 * row
        width = max(value, 0) * scale
        parts.append(
            f'<text x="200" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="210" y="{y}" width="{width:.1f}" height="22" rx="3" fill="#2f81f7"/>'
            + _label(210 + width, y + 16, f"{value:.4g}", inside=width > 80)
        )
    height, line = 20 + 30 * len(shown), 210 + outcome.threshold * scale
    return (
        f'<svg viewBox="0 0 700 {height + 20}" role="img" aria-label="{escape(outcome.metric)}">'
        + "".join(parts)
        + f'<line x1="{line:.1f}" x2="{line:.1f}" y1="4" y2="{height - 6}" stroke="#cf222e" '
        f'stroke-dasharray="4 3"/><text x="{line:.1f}" y="{height + 10}" text-anchor="middle">'
        f"threshold {outcome.threshold:g}</text></svg>"
    )


def _label(end: float, y: int, text: str, *, inside: bool) -> str:
    """A bar's figure: in the bar, where the threshold's line doesn't cross it."""
    if inside:
        place = f'x="{end - 8:.1f}" text-anchor="end" style="fill: #fff"'
    else:
        place = f'x="{end + 8:.1f}"'
    return f'<text {place} y="{y}">{text}</text>'


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def _step(step: Step) -> tuple[str, str, str]:
    mark = "✓" if step.exit_code == 0 else f"✗ exit code {step.exit_code}"
    return f"{mark} {escape(step.title)}", duration(step.seconds), _link(step.log)


def _link(url: str, label: str = "") -> str:
    """A link; nothing but http, https and files beside the report is linked."""
    safe = url.startswith(("http://", "https://")) or (":" not in url and url)
    shown = escape(label or url)
    return f'<a href="{escape(url)}">{shown}</a>' if safe else shown


def _metric_names(outcome: Outcome) -> list[str]:
    names = {name for run in outcome.runs for name in (run.get("metrics") or {})}
    return sorted(names, key=lambda name: (name != outcome.metric, name))


def _figures(run: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    values = (_metric(run, name) for name in names)
    return ["" if value is None else f"{value:.4f}" for value in values]


def _metric(run: Mapping[str, Any], name: str) -> float | None:
    value = (run.get("metrics") or {}).get(name)
    usable = isinstance(value, (int, float)) and math.isfinite(value)
    return float(value) if usable else None  # type: ignore[arg-type]


def _parameters(run: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    """What tells this run from the others, as ``alpha 0.5, l1_ratio 0.5``."""
    own = run.get("parameters") or {}
    others = [other.get("parameters") or {} for other in runs]
    told = [name for name in own if any(other.get(name) != own[name] for other in others)]
    return ", ".join(f"{name} {own[name]}" for name in told or own)
