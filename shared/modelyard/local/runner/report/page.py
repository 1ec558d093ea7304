"""The whole page of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.local.runner.display.marks import took
from modelyard.local.runner.pipeline.plan import DEFAULT_STAGE
from modelyard.local.runner.report import stages as stage_list
from modelyard.local.runner.report.graph import graph
from modelyard.local.runner.report.html import Html, file_link, join, tag
from modelyard.local.runner.report.markdown import render
from modelyard.local.runner.report.model import Run, load
from modelyard.local.runner.report.style import STYLE
from modelyard.local.runner.report.tests_table import coverage, tests
from modelyard.local.runner.report.wording import badge, moment, size
from modelyard.names import plural

NAME = "report.html"
MOST_FILES = 200
"""Of an artifact, that are listed."""
_LARGEST = 1 << 20
"""Bytes of a summary: no more can be uploaded."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write(folder: Path) -> Path:
    """Make the report of a result folder, in it; returns its path.

    :raises ReportError: when the folder holds no run.
    """
    path = folder / NAME
    path.write_text(page(load(folder)), encoding="utf-8", errors="replace")
    return path


def page(run: Run) -> str:
    """The HTML of a run."""
    title = f"{run.name} {run.number}".strip()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", title),
        tag("style", STYLE),
    )
    body = tag(
        "body",
        tag("h1", title),
        _facts(run),
        _section("Errors and warnings", stage_list.issues(run)),
        _section("Stages", _graph(run) if run.stages else None),
        _section("Summaries", join(_summaries(run)) or None),
        _section("Tests", tests(run.tests) or None),
        _section("Code coverage", coverage(run.coverage) or None),
        _section("Artifacts and files", _artifacts(run)),
        _section("Steps", stage_list.stages(run) if run.stages else None),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _section(title: str, content: Html | None) -> Html | None:
    return tag("section", tag("h2", title), content) if content else None


def _facts(run: Run) -> Html:
    seconds = None
    if run.started is not None and run.ended is not None:
        seconds = run.ended - run.started
    told = {
        "started": moment(run.started),
        "took": took(seconds),
        "pipeline": run.pipeline,
        "branch": run.repository.get("branch", "").removeprefix("refs/heads/"),
        "commit": _commit(run.repository),
        "tags": ", ".join(run.tags),
    }
    facts = [tag("span", f"{name} ", tag("b", value)) for name, value in told.items() if value]
    notes = [tag("p", one.text, class_="quiet") for one in run.notices if one.kind == "info"]
    return join([tag("div", badge(run.result), *facts, class_="facts"), *notes, _parameters(run)])


def _commit(repository: Mapping[str, str]) -> str:
    commit, message = repository.get("commit", ""), repository.get("message", "")
    if not commit.strip("0"):
        return ""
    return " ".join(filter(None, (commit[:8], message.partition("\n")[0][:80])))


def _parameters(run: Run) -> Html | None:
    if not run.parameters:
        return None
    rows = [
        tag("tr", tag("td", name), tag("td", tag("code", _value(value))))
        for name, value in run.parameters.items()
    ]
    title = plural(len(rows), "parameter")
    table = tag("div", tag("table", tag("tbody", *rows)), class_="wide")
    return tag("details", tag("summary", title), table)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _graph(run: Run) -> Html:
    drawn = (graph(run.stages), graph(run.stages, upright=True))
    return tag("div", *drawn, class_="graph")


def _summaries(run: Run) -> Sequence[Html]:
    found = []
    for one in run.summaries:
        path = (run.folder / str(one["path"])).resolve()
        if not path.is_relative_to(run.folder.resolve()) or not path.is_file():
            continue
        with path.open("rb") as stream:
            markdown = stream.read(_LARGEST).decode("utf-8", "replace")
        path_of_step = tuple(map(str, one.get("step", ())))
        node, stage = run.by_path.get(path_of_step), run.by_path.get(path_of_step[:1])
        name = tag("a", node.title, href=f"#{node.anchor}") if node else str(one.get("name", ""))
        # Steps of several stages are called alike: Deploy, and Deploy again.
        where = f"{stage.title} / " if stage and node and stage.name != DEFAULT_STAGE else ""
        heading = tag("p", where, name, class_="quiet")
        found.append(tag("div", heading, render(markdown), class_="summary"))
    return found


def _artifacts(run: Run) -> Html | None:
    rows = [_artifact(one) for one in run.artifacts]
    rows += [
        tag(
            "tr",
            tag("td", file_link(str(one["path"]), str(one.get("name", one["path"])))),
            tag("td", str(one.get("kind", "file"))),
            tag("td"),
        )
        for one in run.files
    ]
    if not rows:
        return None
    head = tag("tr", tag("th", "name"), tag("th", "kind"), tag("th", "size", class_="number"))
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide")


def _artifact(one: Mapping[str, Any]) -> Html:
    folder, files = str(one["folder"]), list(map(str, one.get("files", ())))
    listed = [tag("li", file_link(f"{folder}/{name}", name)) for name in files[:MOST_FILES]]
    if len(files) > MOST_FILES:
        listed.append(tag("li", f"and {len(files) - MOST_FILES:,} more"))
    return tag(
        "tr",
        tag(
            "td",
            file_link(f"{folder}/", str(one["name"])),
            tag("details", tag("summary", plural(len(files), "file")), tag("ul", *listed)),
            class_="test",
        ),
        tag("td", f"{one.get('kind', '')} artifact".strip()),
        tag("td", size(float(one.get("bytes", 0))), class_="number"),
    )
