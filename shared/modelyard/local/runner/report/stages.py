"""Stages, their jobs and their steps, each with its time, its result and its log."""

from __future__ import annotations

from pathlib import Path

from modelyard.local.runner.display.marks import took
from modelyard.local.runner.job import Result
from modelyard.local.runner.report.html import Html, file_link, tag
from modelyard.local.runner.report.log import show_log
from modelyard.local.runner.report.model import Issue, Node, Run
from modelyard.local.runner.report.wording import badge, mark

_OPEN = (Result.FAILED.text, Result.CANCELED.text)
"""Results of steps whose logs are unfolded."""


def stages(run: Run) -> Html:
    """All of them."""
    return tag("div", *(_stage(one, run.folder) for one in run.stages))


def issues(run: Run) -> Html | None:
    """Errors and warnings of the whole run, each with the step it is of; None where there are
    none."""
    found = [_issue(one, None, "") for one in run.notices if one.kind in ("error", "warning")]
    for path, node in run.by_path.items():
        where = " / ".join(run.by_path[path[:length]].title for length in range(1, len(path) + 1))
        found += [_issue(one, node, where) for one in node.issues]
        if not node.issues and node.note and node.result in _OPEN:
            found.append(_issue(Issue("error", node.note), node, where))
    return tag("ul", *found, class_="issues") if found else None


def _issue(issue: Issue, node: Node | None, where: str) -> Html:
    sign = "✗ error" if issue.kind == "error" else f"! {issue.kind}"
    step = tag("a", where, href=f"#{node.anchor}") if node is not None else None
    return tag(
        "li",
        tag("strong", sign),
        " ",
        tag("span", issue.text, class_="message"),
        tag("div", step, " · " if step and issue.place else None,
            tag("code", issue.place) if issue.place else None, class_="quiet"),
        class_="error" if issue.kind == "error" else "warning",
    )  # fmt: skip


def _stage(stage: Node, folder: Path) -> Html:
    return tag(
        "section",
        tag("header", mark(stage.result), tag("span", stage.title), badge(stage.result),
            _note(stage), tag("span", took(stage.seconds), class_="time")),
        *(_job(one, folder) for one in stage.children),
        class_="stage",
        id=stage.anchor,
    )  # fmt: skip


def _job(job: Node, folder: Path) -> Html:
    environment = f"environment {job.environment}" if job.environment else ""
    return tag(
        "div",
        tag("header", mark(job.result), tag("span", job.title),
            tag("span", environment, class_="quiet") if environment else None,
            _note(job), tag("span", took(job.seconds), class_="time")),
        *(_step(one, folder) for one in job.children),
        class_="job",
        id=job.anchor,
    )  # fmt: skip


def _step(step: Node, folder: Path) -> Html:
    head = (
        mark(step.result),
        tag("span", step.title, " " if step.note else None, _note(step), class_="name"),
        tag("span", took(step.seconds), class_="time"),
    )
    if not step.log:
        return tag("div", *head, class_="step bare", id=step.anchor)
    return tag(
        "details",
        tag("summary", *head),
        tag("div", show_log(folder, step.log),
            tag("p", file_link(step.log, "the log's file"), class_="quiet"), class_="log"),
        class_="step",
        id=step.anchor,
        open=step.result in _OPEN,
    )  # fmt: skip


def _note(node: Node) -> Html | None:
    return tag("span", node.note, class_="quiet") if node.note else None
