"""Notebooks as cells: Databricks source format (.py, .sql, .scala, .r), ipynb, or a plain script.

Source: "Import and export Databricks notebooks" (source format) and nbformat 4. A cell keeps the
line of the exported file on which it begins, so that an error can be annotated in a repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LANGUAGES = {"py": "python", "sql": "sql", "scala": "scala", "r": "r"}
_COMMENTS = {"python": "#", "r": "#", "sql": "--", "scala": "//"}
_ALIASES = {"bash": "sh", "markdown": "md", "html": "md", "md-sandbox": "md"}

CELL_MAGICS = frozenset({"python", "sql", "scala", "r", "sh", "md"})
"""Magics that give a whole cell its language. All others work line by line in Python cells."""

_MAGIC = re.compile(r"\s*%%?([A-Za-z][\w-]*)[ \t]*(.*)")


class NotebookFormatError(ValueError):
    """The content isn't a notebook that can be read."""


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook."""

    index: int
    """1 for the first."""
    language: str
    """python, sql, scala, r, sh or md."""
    source: str
    """As its author sees it: without comment marks, with its magic line."""
    body: str
    """``source`` without the magic itself. Lines keep their numbers."""
    title: str = ""
    first_line: int | None = None
    """Line of the file on which ``source`` begins, 1-based; None: unknown."""


@dataclass(frozen=True)
class Notebook:
    """A notebook, read."""

    path: str
    language: str
    cells: Sequence[Cell]


def parse(content: str, path: str, language: str = "") -> Notebook:
    """Read a notebook.

    :param language: of the cells without magic, where the content doesn't tell (``#`` is the
        comment mark of both Python and R).
    :raises NotebookFormatError: it looks like ipynb and can't be read as that.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n")
    if content.lstrip().startswith("{"):
        from modelyard.local.notebook.ipynb import parse_ipynb

        return parse_ipynb(content, path)
    first = content.lstrip("\n").partition("\n")[0].strip()
    default = _language_of_header(first, language)
    if default is None:  # a plain file is a notebook of one cell
        default = language or "python"
        return Notebook(path, default, (make_cell(1, content, default, 1),) if content else ())
    return Notebook(path, default, tuple(_source_cells(content, default)))


def make_cell(
    index: int, source: str, default: str, first_line: int | None, title: str = ""
) -> Cell:
    """A cell, its language taken from its first line."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        match = _MAGIC.match(line)
        magic = match[1].lower() if match else ""
        magic = _ALIASES.get(magic, magic)
        if match and magic in CELL_MAGICS:
            body = "\n".join([*lines[:number], match[2], *lines[number + 1 :]])
            return Cell(index, magic, source, body, title, first_line)
        if match:
            return Cell(index, "python", source, source, title, first_line)
        break
    return Cell(index, default, source, source, title, first_line)


def _language_of_header(first: str, hint: str) -> str | None:
    for language, comment in _COMMENTS.items():
        if first == f"{comment} Databricks notebook source":
            return hint if _COMMENTS.get(hint) == comment else language
    return None


def _source_cells(content: str, language: str) -> Iterator[Cell]:
    comment = _COMMENTS[language]
    separator = f"{comment} COMMAND ----------"
    lines = content.split("\n")
    header = next(i for i, line in enumerate(lines) if line.strip())
    index = 0
    block: list[str] = []
    for number, line in enumerate([*lines[header + 1 :], separator], start=header + 2):
        if line.strip() != separator:
            block.append(line)
            continue
        cell = _cell(block, number - len(block), index + 1, language)
        if cell is not None:
            index += 1
            yield cell
        block = []


def _cell(block: list[str], first_line: int, index: int, language: str) -> Cell | None:
    """A cell from the lines between two separators; None when there is nothing in it."""
    comment = _COMMENTS[language]
    title = ""
    while block and (not block[0].strip() or block[0].startswith(f"{comment} DBTITLE ")):
        if block[0].strip():
            # "# DBTITLE 1,The title": the number says whether it is shown.
            title = block[0].removeprefix(f"{comment} DBTITLE ").partition(",")[2].strip()
        block, first_line = block[1:], first_line + 1
    while block and not block[-1].strip():
        block = block[:-1]
    if not block:
        return None
    source = "\n".join(_without_mark(line, f"{comment} MAGIC") for line in block)
    return make_cell(index, source, language, first_line, title)


def _without_mark(line: str, mark: str) -> str:
    if line == mark:
        return ""
    return line.removeprefix(mark + " ")
