"""A notebook's source, cell by cell, so that a failing line can be found in the user's file.

Source: docs.databricks.com, "Export and import Databricks notebooks": the source format parts
cells by ``# COMMAND ----------`` (or ``--``, ``//`` in SQL and Scala); a Jupyter notebook is JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^(?:#|--|//) Databricks notebook source\s*$")
_SEPARATOR = re.compile(r"^(?:#|--|//) COMMAND -{10,}\s*$")
_TITLE = re.compile(r"^(?:#|--|//) DBTITLE \d,")
_MAGIC = re.compile(r"^(?:#|--|//) MAGIC ?")
_RUN = re.compile(r"^%run\s+(.+?)\s*(?:\$.*)?$")


@dataclass(frozen=True)
class Cell:
    """One cell as the notebook's author sees it."""

    number: int
    """From 1, text cells too."""
    lines: tuple[str, ...]
    file_lines: tuple[int, ...]
    """For each line of the cell, its line in the file, from 1; 0 where that isn't known."""


@dataclass(frozen=True)
class Place:
    """A line of a cell."""

    cell: int
    line: int
    """From 1 in the cell."""
    file_line: int
    """From 1 in the file; 0 where that isn't known."""


def parse(text: str) -> tuple[Cell, ...]:
    """The cells of a notebook in source or Jupyter format. Other text is one cell."""
    if text.lstrip().startswith("{"):
        try:
            return tuple(_jupyter(text))
        except (ValueError, TypeError, AttributeError):
            pass  # a source file that begins with a brace
    return tuple(_source(text))


def find(cells: Sequence[Cell], line: int, code: str) -> Place | None:
    """Where this code is: in line ``line`` of some cell, else the one place with that text.

    :param code: the line as the traceback quotes it; without it there is nothing to go by,
        because few tracebacks number the cells, and not all count empty ones.
    """
    wanted = code.strip()
    if not wanted:
        return None
    places = [
        Place(cell.number, index + 1, cell.file_lines[index])
        for cell in cells
        for index, text in enumerate(cell.lines)
        if text.strip() == wanted
    ]
    exact = [place for place in places if place.line == line]
    if len(exact) == 1:
        return exact[0]
    return places[0] if len(places) == 1 else None


def included(cells: Sequence[Cell]) -> Iterator[str]:
    """The notebooks that ``%run`` names, as written."""
    for cell in cells:
        if cell.lines and (match := _RUN.match(cell.lines[0].strip())):
            yield match[1].strip("\"'")


def _source(text: str) -> Iterator[Cell]:
    number = 1
    lines: list[tuple[int, str]] = []
    for file_line, line in enumerate(text.splitlines(), 1):
        if file_line == 1 and _HEADER.match(line):
            continue
        if _SEPARATOR.match(line):
            yield _cell(number, lines)
            number += 1
            lines = []
        else:
            lines.append((file_line, line))
    yield _cell(number, lines)


def _cell(number: int, lines: list[tuple[int, str]]) -> Cell:
    """Blank lines around a cell belong to the format, and so does its title."""
    while lines and (not lines[0][1].strip() or _TITLE.match(lines[0][1])):
        lines = lines[1:]
    while lines and not lines[-1][1].strip():
        lines = lines[:-1]
    return Cell(
        number,
        tuple(_MAGIC.sub("", text) for _, text in lines),
        tuple(file_line for file_line, _ in lines),
    )


def _jupyter(text: str) -> Iterator[Cell]:
    """A line of a cell is a text of its own in a file as Jupyter writes it: find that line."""
    raw = [line.strip().rstrip(",") for line in text.splitlines()]
    position = 0
    for number, cell in enumerate(json.loads(text)["cells"], 1):
        source = cell["source"]
        pieces = source.splitlines(keepends=True) if isinstance(source, str) else source
        file_lines = []
        for piece in pieces:
            forms = (json.dumps(piece), json.dumps(piece, ensure_ascii=False))
            found = next((i for i in range(position, len(raw)) if raw[i] in forms), None)
            if found is not None:
                position = found + 1
            file_lines.append(0 if found is None else found + 1)
        yield Cell(number, tuple(piece.rstrip("\r\n") for piece in pieces), tuple(file_lines))
