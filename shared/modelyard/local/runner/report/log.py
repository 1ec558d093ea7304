"""A step's log: groups folded, errors and warnings marked, colours of terminals left out.

Source: learn.microsoft.com, ``pipelines/scripts/logging-commands``, "Formatting commands".
"""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

from modelyard.local.runner.report.html import Html, file_link, join, tag
from modelyard.names import plural

MOST_LINES = 2000
"""Of one step in the page: the last ones. All are in the file, which the page links to."""
LONGEST = 4000
"""Characters of a line."""
_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_FORMAT = re.compile(r"##\[(group|endgroup|section|command|warning|error|debug)\](.*)", re.DOTALL)


def show_log(folder: Path, path: str) -> Html:
    """The log as markup; a sentence where there is none.

    :param path: relative to the folder; nothing outside of it is read.
    """
    file = (folder / path).resolve()
    if not path or not file.is_relative_to(folder.resolve()) or not file.is_file():
        return tag("p", "This step wrote no log.", class_="quiet")
    lines: deque[str] = deque(maxlen=MOST_LINES)
    count = 0
    with file.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            lines.append(line)
            count += 1
    left_out = count - len(lines)
    note = None
    if left_out:
        note = tag(
            "p",
            f"{plural(left_out, 'line')} above aren't shown here: ",
            file_link(path, "the whole log"),
            class_="quiet",
        )
    return join([note, _folded(lines)])


def _folded(lines: deque[str]) -> Html:
    """Blocks of lines; a group that nobody ends goes up to the log's end."""
    blocks: list[Html] = []
    current: list[Html] = []
    group: str | None = None

    def close() -> None:
        nonlocal current, group
        block = tag("pre", *current) if current else None
        if group is not None:
            blocks.append(tag("details", tag("summary", group), block, class_="group"))
        elif block is not None:
            blocks.append(block)
        current, group = [], None

    for raw in lines:
        line = _plain(raw)
        found = _FORMAT.fullmatch(line)
        name, rest = (found[1], found[2]) if found else ("", line)
        if name == "group":
            close()
            group = rest.strip() or "group"
        elif name == "endgroup":
            close()
        elif name in ("error", "warning", "debug"):
            current.append(join([tag("span", f"{name}: {rest}", class_=name), "\n"]))
        elif name:
            current.append(join([tag("span", rest, class_=name), "\n"]))
        else:
            current.append(join([rest, "\n"]))
    close()
    return join(blocks)


def _plain(line: str) -> str:
    text = _COLOURS.sub("", line.rstrip("\r\n"))
    if len(text) > LONGEST:
        return f"{text[:LONGEST]} … ({plural(len(text) - LONGEST, 'character')} more)"
    return text
