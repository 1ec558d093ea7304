"""Test results and code coverage as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.runner.display.marks import took
from modelyard.local.runner.report.html import Html, join, tag

MOST_CASES = 2000
"""Tests of one run that are listed; the failed ones go first."""
MOST_FILES = 500
"""Source files whose coverage is listed; the least covered go first."""
_MARKS = {
    "Failed": ("error", "✗", "failed"),
    "Inconclusive": ("warning", "!", "inconclusive"),
    "NotExecuted": ("skipped", "○", "not executed"),
    "Passed": ("ok", "✓", "passed"),
}
"""In the order in which they are listed."""


def tests(runs: Sequence[Mapping[str, Any]]) -> Html:
    """Each run with its counts, its failed tests in full, and all of its tests folded."""
    return join(_run(one) for one in runs)


def _run(run: Mapping[str, Any]) -> Html:
    cases: list[Mapping[str, Any]] = list(run.get("cases", ()))
    cases.sort(key=lambda one: _rank(one.get("outcome")))
    counts = {name: sum(one.get("outcome") == name for one in cases) for name in _MARKS}
    told = [
        tag("span", f"{_MARKS[name][1]} {count:,} {_MARKS[name][2]}", class_=_MARKS[name][0])
        for name, count in counts.items()
        if count
    ]
    settings = " ".join(filter(None, (run.get("platform"), run.get("configuration"))))
    failed = [one for one in cases if one.get("outcome") == "Failed"]
    others = [one for one in cases if one.get("outcome") != "Failed"]
    room = max(0, MOST_CASES - len(failed))
    return join(
        [
            tag("h3", str(run.get("title", "")), f" ({settings})" if settings else None),
            tag("p", *(one for each in told for one in (each, "  ")), class_="facts"),
            _table(failed[:MOST_CASES]) if failed else None,
            _folded("the other tests" if failed else "all tests", others[:room]),
            _left_out(len(cases) - min(len(cases), MOST_CASES), "tests"),
        ]
    )


def _folded(title: str, cases: Sequence[Mapping[str, Any]]) -> Html | None:
    return tag("details", tag("summary", title), _table(cases)) if cases else None


def _table(cases: Sequence[Mapping[str, Any]]) -> Html:
    head = tag("tr", tag("th"), tag("th", "test"), tag("th", "time", class_="number"))
    rows = tag("table", tag("thead", head), tag("tbody", *map(_case, cases)))
    return tag("div", rows, class_="wide")


def _case(case: Mapping[str, Any]) -> Html:
    name, sign, words = _MARKS.get(str(case.get("outcome")), _MARKS["NotExecuted"])
    suite, details = str(case.get("suite") or ""), str(case.get("details") or "")
    message = str(case.get("message") or "")
    seconds = float(case.get("seconds") or 0)
    more = None
    if details:
        more = tag("details", tag("summary", "details"), tag("pre", details))
    return tag(
        "tr",
        tag("td", tag("span", sign, class_=f"mark {name}", role="img", aria_label=words)),
        tag(
            "td",
            tag("div", str(case.get("name") or "")),
            tag("div", suite, class_="quiet") if suite else None,
            tag("div", message, class_=name) if message else None,
            more,
            class_="test",
        ),
        tag("td", took(seconds) if seconds else "", class_="number"),
    )


def _rank(outcome: object) -> int:
    names = list(_MARKS)
    return names.index(str(outcome)) if outcome in names else len(names)


def coverage(found: Sequence[Mapping[str, Any]]) -> Html:
    """Each coverage with its rates, and its files folded."""
    return join(_coverage(one) for one in found)


def _coverage(one: Mapping[str, Any]) -> Html:
    rows = [_rate(name, *one[name]) for name in ("lines", "branches") if one.get(name, [0, 0])[1]]
    files = sorted(one.get("files", ()), key=lambda file: _share(file["covered"], file["total"]))
    listed = [_rate(file["path"], file["covered"], file["total"]) for file in files[:MOST_FILES]]
    return join(
        [
            tag("div", tag("table", tag("tbody", *rows)), class_="wide"),
            tag(
                "details",
                tag("summary", "files, the least covered first"),
                tag("div", tag("table", tag("tbody", *listed)), class_="wide"),
            )
            if listed
            else None,
            _left_out(len(files) - len(listed), "files"),
        ]
    )


def _rate(name: str, covered: int, total: int) -> Html:
    share = _share(covered, total)
    meter = tag("span", tag("i", style=f"width: {share * 100:.1f}%"), class_="meter")
    return tag(
        "tr",
        tag("td", str(name), class_="test"),
        tag("td", f"{share:.1%}", class_="number"),
        tag("td", f"{int(covered):,} of {int(total):,}", class_="number quiet"),
        tag("td", meter),
    )


def _share(covered: float, total: float) -> float:
    return min(max(covered / total, 0.0), 1.0) if total else 1.0


def _left_out(count: int, what: str) -> Html | None:
    return tag("p", f"{count:,} more {what} aren't listed.", class_="quiet") if count else None
