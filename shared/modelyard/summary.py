"""Markdown for job summaries that both CI systems render alike, safe against what it shows.

Texts may come from notebooks, notebooks' names and models: none of them can end a table, a code
block or a line, open a tag or a link. Pure functions; they return text without a line end.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

WIDTH = 32
"""Characters of the longest bar."""
LABEL = 44
"""Characters of a label beside a bar; a longer one is cut."""
LONGEST = 20_000
"""Characters of a code block; the middle of a longer text is left out (a step has 1 MiB)."""
ERROR = "error"
"""Language of a code block that repeats the error of the step, which a terminal shows already."""
_SPECIAL = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")
"""An underscore within a word is one; ``\\w`` would take it for a letter of the word itself."""
_OPENING = re.compile(r"^([#+=-]|\d+(?=[.)]))")
"""What makes a heading, a list or a rule, but only where a line begins."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


def escape(text: object) -> str:
    """Text as text, in one line: no Markdown, no HTML, no automatic link or mention."""
    line = " ".join(_printable(str(text)).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An escaped @ or : still makes a mention or a link on GitHub; an empty comment parts it.
    line = re.sub(r"@(?=\w)", "@\u200b", line)
    line = re.sub(r"(?i)\b(https?|ftp|www)(?=[:.])", "\\1\u200b", line)
    line = _SPECIAL.sub(r"\\\1", line)
    return _OPENING.sub(lambda match: _escaped_opening(match[0]), line)


def code(text: object) -> str:
    """Text as code within a line or a table's cell."""
    line = " ".join(_printable(str(text)).split())
    if not line:
        return ""
    if "|" in line:
        # In a table a bar ends the cell, even in code, and a backslash may stand before it.
        return f"<code>{escape(line)}</code>"
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def link(text: object, url: str) -> str:
    """A link; only to http and https, else the text alone."""
    if not re.fullmatch(r"https?://[^\s<>\"'`|]+", url):
        return escape(text)
    target = url.replace("(", "%28").replace(")", "%29").replace("\\", "%5C")
    return f"[{escape(text)}](<{target}>)"


def heading(text: object, level: int = 3) -> str:
    """A heading."""
    return f"{'#' * level} {escape(text)}"


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> str:
    """A table. Cells are Markdown already: made by :func:`escape`, :func:`code` or :func:`link`.

    :param right: numbers of the columns, from 0, that are aligned right.
    :raises ValueError: when a row has more or fewer cells than the header.
    """
    rules = ["---:" if number in right else "---" for number in range(len(header))]
    lines = [[escape(cell) for cell in header], rules]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} cells, and the header {len(header)}")
        lines.append([" ".join(cell.split()) for cell in row])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fence(text: str, language: str = "text") -> str:
    """A code block, whatever the text has in it."""
    shown = _cut(_printable(text).rstrip("\n"))
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}{language}\n{shown}\n{ticks}"


@dataclass(frozen=True)
class Bar:
    """One line of a chart."""

    label: str
    value: float | None
    """None, and what isn't a finite number, has no bar."""
    note: str = ""
    """Behind the value."""


def bar_chart(title: str, bars: Sequence[Bar], *, line: float | None = None) -> str:
    """A chart of horizontal bars, as a code block: both systems show that with the same letters.

    Bars start at zero, so their lengths can be compared; negative values go to the left.

    :param line: a value to compare with, shown as a bar of its own (a threshold).
    """
    if line is not None:
        bars = [*bars, Bar("threshold", line)]
    values: list[float] = [value for bar in bars if _is_finite(value := bar.value)]
    most = max((value for value in values if value > 0), default=0.0)
    least = min((value for value in values if value < 0), default=0.0)
    span = most - least or 1.0
    left = round(WIDTH * -least / span) if least else 0
    right = WIDTH - left
    width = max((columns(_short(bar.label)) for bar in bars), default=0)
    numbers = [_number(bar.value) for bar in bars]
    digits = max((len(number) for number in numbers), default=0)
    lines = [title]
    for bar, number in zip(bars, numbers, strict=True):
        label = _short(bar.label)
        drawn = _drawn(bar.value, most, least, left, right)
        note = f"  {' '.join(_printable(bar.note).split())}" if bar.note else ""
        gap = " " * (width - columns(label))
        lines.append(f"{label}{gap}  {drawn}  {number:>{digits}}{note}".rstrip())
    return fence("\n".join(lines))


def _escaped_opening(text: str) -> str:
    return f"{text}\\" if text.isdigit() else f"\\{text}"


def _drawn(value: float | None, most: float, least: float, left: int, right: int) -> str:
    if not _is_finite(value):
        return " " * (left + right)
    if value < 0:
        return _block(value / least, left, backwards=True) + " " * right
    return " " * left + _block(value / most if most else 0.0, right)


def _block(share: float, width: int, *, backwards: bool = False) -> str:
    """A bar of eighths of a character; backwards only whole ones, there are no others."""
    if backwards:
        return ("█" * round(share * width)).rjust(width)
    eighths = round(share * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _is_finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _short(label: str) -> str:
    line = " ".join(_printable(label).split())
    return line if len(line) <= LABEL else line[: LABEL - 1] + "…"


def columns(text: str) -> int:
    """Width on the screen: East Asian letters take two columns, marks on letters none."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.combining(one) > 0 for one in text)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n[... {len(text) - LONGEST} characters left out ...]\n{text[-half:]}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _printable(text: str) -> str:
    """No control characters, and none that reorder what follows; line ends and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs")
    )
