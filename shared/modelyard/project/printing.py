"""A plan as text."""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.project.plan import CREATE, KEEP, UPDATE, Change, Difference, Link, Plan

_SIGNS = {CREATE: "+", UPDATE: "~", KEEP: "="}
_DONE = {CREATE: "created", UPDATE: "updated", KEEP: "kept"}
_WIDEST = 100


def plan_lines(plan: Plan) -> Iterator[str]:
    """What would be done."""
    yield plan.title
    for change in plan.changes:
        yield from change_lines(change)
    yield ""
    yield totals(plan)
    for warning in plan.warnings:
        yield f"warning: {warning}"


def change_lines(change: Change) -> Iterator[str]:
    """One thing, and its fields below it."""
    note = f"  ({change.note})" if change.note else ""
    yield f"  {_SIGNS[change.action]} {change.kind} {change.name}{note}"
    for one in change.differences:
        yield f"      {_difference(one, change.action)}"


def done_line(change: Change) -> str:
    """What has been done to one thing."""
    return f"{_DONE[change.action]} {change.kind} {change.name}"


def totals(plan: Plan) -> str:
    """``2 to create, 1 to update, 5 as they should be``."""
    kept = plan.count(KEEP)
    if not (plan.changes or plan.warnings):
        return "nothing to change: the file names nothing here"
    if not plan.writes:
        how_many = "1 is" if kept == 1 else f"{kept if plan.warnings else f'all {kept}'} are"
        return f"nothing to change: {how_many} as the file has {'it' if kept == 1 else 'them'}"
    return (
        f"{plan.count(CREATE)} to create, {plan.count(UPDATE)} to update, {kept} as they should be"
    )


def link_lines(links: list[Link]) -> Iterator[str]:
    """The list of pages at the end."""
    width = max((len(link.title) for link in links), default=0)
    for link in links:
        yield f"  {link.title:{width}}  {link.url}"


def _difference(one: Difference, action: str) -> str:
    if action == CREATE:
        return f"{one.name}: {_cut(one.new)}"
    return f"{one.name}: {_cut(one.old) or '(nothing)'} -> {_cut(one.new) or '(nothing)'}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 4] + " ..."
