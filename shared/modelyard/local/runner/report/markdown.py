"""Summaries in Markdown as markup: what GitHub's dialect has and job summaries use.

Headings, paragraphs, lists, tables, code blocks (charts among them), quotes, rules, ``<details>``.
All other HTML is shown as the text it is. Source: the GitHub Flavored Markdown specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelyard.local.runner.report.chart import chart
from modelyard.local.runner.report.html import Html, join, tag
from modelyard.local.runner.report.markdown_inline import inline

_DEEPEST = 8
"""Quotes and lists within each other; what is deeper is only text."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_RULE = re.compile(r" {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$")
_ITEM = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])(?:\s+(.*))?$")
_DIVIDER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CELL = re.compile(r"((?:\\.|[^\\|])*)(?:\||$)")
_DETAILS = re.compile(r"\s*<details(?:\s+open)?>\s*$", re.IGNORECASE)
_DETAILS_END = re.compile(r"\s*</details>\s*$", re.IGNORECASE)
_SUMMARY = re.compile(r"\s*<summary>(.*?)</summary>\s*$", re.IGNORECASE)
_COMMENT = re.compile(r"\s*<!--.*?-->\s*$")


def render(text: str) -> Html:
    """A whole summary. Headings begin at the third level: the page has two above."""
    return join(_blocks(text.expandtabs(4).splitlines(), 0))


def _blocks(lines: list[str], depth: int) -> Iterator[Html]:
    at = 0
    while at < len(lines):
        line = lines[at]
        block: Html | None
        if not line.strip() or _COMMENT.match(line):
            at += 1
            continue
        if found := _FENCE.match(line):
            block, at = _fence(lines, at, found[1])
        elif found := _HEADING.match(line):
            block = tag(f"h{min(len(found[1]) + 2, 6)}", inline(found[2] or ""))
            at += 1
        elif _RULE.match(line):
            block, at = tag("hr"), at + 1
        elif line.lstrip().startswith(">") and depth < _DEEPEST:
            block, at = _quote(lines, at, depth)
        elif _DETAILS.match(line) and depth < _DEEPEST:
            block, at = _details(lines, at, depth)
        elif _ITEM.match(line) and depth < _DEEPEST:
            block, at = _list(lines, at, depth)
        elif at + 1 < len(lines) and "|" in line and _DIVIDER.match(lines[at + 1]):
            block, at = _table(lines, at)
        else:
            block, at = _paragraph(lines, at)
        yield block


def _fence(lines: list[str], at: int, marks: str) -> tuple[Html, int]:
    end = re.compile(rf" {{0,3}}{re.escape(marks[0])}{{{len(marks)},}}\s*$")
    inside: list[str] = []
    at += 1
    while at < len(lines) and not end.match(lines[at]):
        inside.append(lines[at])
        at += 1
    block = chart(inside) or tag("pre", tag("code", "\n".join(inside)))
    return block, at + 1


def _quote(lines: list[str], at: int, depth: int) -> tuple[Html, int]:
    inside: list[str] = []
    while at < len(lines) and lines[at].lstrip().startswith(">"):
        inside.append(re.sub(r"^\s*> ?", "", lines[at], count=1))
        at += 1
    return tag("blockquote", *_blocks(inside, depth + 1)), at


def _details(lines: list[str], at: int, depth: int) -> tuple[Html, int]:
    inside: list[str] = []
    title: Html | None = None
    open_ones, at = 1, at + 1
    while at < len(lines):
        line = lines[at]
        at += 1
        open_ones += bool(_DETAILS.match(line)) - bool(_DETAILS_END.match(line))
        if not open_ones:
            break
        if title is None and (found := _SUMMARY.match(line)):
            title = inline(found[1])
            continue
        inside.append(line)
    return tag("details", tag("summary", title or "Details"), *_blocks(inside, depth + 1)), at


def _list(lines: list[str], at: int, depth: int) -> tuple[Html, int]:
    first = _ITEM.match(lines[at])
    assert first is not None
    ordered = first[2][0].isdigit()
    items: list[Html] = []
    while at < len(lines) and (found := _ITEM.match(lines[at])):
        if found[2][0].isdigit() is not ordered or _RULE.match(lines[at]):
            break
        width = len(found[1]) + len(found[2]) + 1
        inside = [found[3] or ""]
        at += 1
        while at < len(lines) and _is_inside(lines, at, " " * width):
            inside.append(lines[at][width:])
            at += 1
        items.append(tag("li", *_item(inside, depth)))
        while at < len(lines) and not lines[at].strip():
            at += 1
    return tag("ol" if ordered else "ul", *items), at


def _is_inside(lines: list[str], at: int, indent: str) -> bool:
    """Whether a line belongs to an item: it is indented, or empty before one that is."""
    if lines[at].strip():
        return lines[at].startswith(indent)
    return at + 1 < len(lines) and lines[at + 1].startswith(indent)


def _item(lines: list[str], depth: int) -> Iterator[Html]:
    """An item's own line without a paragraph of its own, then what is below it."""
    yield inline(lines[0])
    yield from _blocks(lines[1:], depth + 1)


def _table(lines: list[str], at: int) -> tuple[Html, int]:
    head, marks = _cells(lines[at]), _cells(lines[at + 1])
    right = [one.strip().endswith(":") and not one.strip().startswith(":") for one in marks]
    rows: list[Html] = []
    body: list[Html] = []
    rows.append(tag("tr", *(_cell("th", one, right, i) for i, one in enumerate(head))))
    at += 2
    while at < len(lines) and lines[at].strip() and "|" in lines[at]:
        cells = [*_cells(lines[at]), *[""] * len(head)][: len(head)]
        body.append(tag("tr", *(_cell("td", one, right, i) for i, one in enumerate(cells))))
        at += 1
    whole = tag("table", tag("thead", *rows), tag("tbody", *body))
    return tag("div", whole, class_="wide"), at


def _cell(name: str, content: str, right: list[bool], place: int) -> Html:
    number = place < len(right) and right[place]
    return tag(name, inline(content), class_="number" if number else None)


def _cells(line: str) -> list[str]:
    """A bar behind a backslash doesn't end a cell, not even in code."""
    bare = line.strip()
    bare = bare[1:] if bare.startswith("|") else bare
    cells: list[str] = []
    at = 0
    while at < len(bare):
        found = _CELL.match(bare, at)
        if found is None or found.end() == at:
            cells.append(bare[at:])
            break
        cells.append(found[1].replace("\\|", "|").strip())
        at = found.end()
    return cells


def _paragraph(lines: list[str], at: int) -> tuple[Html, int]:
    inside = [lines[at].strip()]
    at += 1
    while at < len(lines) and lines[at].strip() and not _begins(lines[at]):
        inside.append(lines[at].strip())
        at += 1
    return tag("p", inline("\n".join(inside))), at


def _begins(line: str) -> bool:
    """Whether a line ends the paragraph above it."""
    patterns = (_FENCE, _HEADING, _RULE, _DETAILS, _DETAILS_END)
    return line.lstrip().startswith((">", "- ", "* ", "+ ", "|")) or any(
        one.match(line) for one in patterns
    )
