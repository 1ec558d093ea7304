"""A job summary for a terminal: the Markdown that ``summary`` writes, as plain text.

Not any Markdown: headings, tables, code blocks, and in a line code, links and escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from modelyard.summary import ERROR, columns

_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)"
    r"|\[(?P<text>(?:\\.|[^\]\\])*)\]\(<(?P<url>[^>]*)>\)"
    r"|\\(?P<escaped>[^A-Za-z0-9\s])"
    r"|&(?P<entity>amp|lt|gt);"
    r"|(?P<dropped></?code>|\u200b)"
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_FENCE = re.compile(r"(`{3,})(\w*)")


def plain(markdown: str) -> str:
    """The text. A block that repeats the error of the step is left out: it is shown anyway."""
    return "\n".join(_without_gaps(_blocks(iter(markdown.splitlines()))))


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    table: list[str] = []
    for line in lines:
        if line.startswith("| "):
            table.append(line)
            continue
        yield from _table(table)
        table.clear()
        if fence := _FENCE.fullmatch(line):
            code = list(iter(lambda: next(lines, fence[1]), fence[1]))
            yield from () if fence[2] == ERROR else code
        elif line.startswith("#"):
            title = inline(line.lstrip("#").strip())
            yield from (title, "-" * columns(title))
        else:
            yield inline(line)
    yield from _table(table)


def _table(lines: Sequence[str]) -> Iterator[str]:
    """The lines with their cells below each other; the second line says how they are aligned."""
    rows = [
        [inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
        for line in lines
    ]
    if len(rows) < 2:
        yield from map(inline, lines)
        return
    right = [cell.endswith(":") for cell in rows.pop(1)]
    widths = [max(map(columns, cells)) for cells in zip_longest(*rows, fillvalue="")]
    for row in rows:
        cells = zip(row, widths, right, strict=False)
        yield "  ".join(_padded(*cell) for cell in cells).rstrip()


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - columns(cell))
    return space + cell if right else cell + space


def inline(text: str) -> str:
    """A line without its marks; a link's address stands behind its text."""
    return _INLINE.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if found["code"]:
        code = found["code"]
        return code[1:-1] if code.startswith(" ") and code.endswith(" ") and "`" in code else code
    if found["url"] is not None:
        return f"{inline(found['text'])} ({found['url']})"
    if found["entity"]:
        return _ENTITIES[found["entity"]]
    return found["escaped"] or ""


def _without_gaps(lines: Iterator[str]) -> Iterator[str]:
    """No empty lines at the start and the end, and one where there are several."""
    waiting = started = False
    for line in lines:
        if not line.strip():
            waiting = started
            continue
        if waiting:
            yield ""
        yield line
        waiting, started = False, True
