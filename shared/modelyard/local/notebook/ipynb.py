"""Jupyter notebooks (nbformat 3 and 4) as cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelyard.local.notebook.source import Cell, Notebook, NotebookFormatError, make_cell


def parse_ipynb(content: str, path: str) -> Notebook:
    """Read the JSON of a Jupyter notebook; raises :class:`NotebookFormatError`."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise NotebookFormatError(
            f"{path} isn't a valid Jupyter notebook: {error}. Open it in an editor; a merge "
            "conflict or a cut download leaves such files."
        ) from error
    cells = _cells_of(document, path)
    language = _language_of(document)
    cursor = _Cursor(content)
    parsed: list[Cell] = []
    for number, cell in enumerate(cells, start=1):
        source = _source_of(cell, number, path)
        first_line = cursor.find(source)
        if not source.strip():
            continue
        kind = cell.get("cell_type")
        index = len(parsed) + 1
        if kind == "code":
            parsed.append(make_cell(index, source, language, first_line, _title_of(cell)))
        else:  # markdown, raw, heading: shown, never run
            parsed.append(Cell(index, "md", source, source, "", first_line))
    return Notebook(path, language, tuple(parsed))


def _cells_of(document: Any, path: str) -> list[Mapping[str, Any]]:
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):  # nbformat 3
        cells = [cell for sheet in document["worksheets"] for cell in sheet.get("cells", [])]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookFormatError(
            f'{path} is JSON, but not a Jupyter notebook: it has no list "cells". '
            "Import JSON data as a file, not as a notebook."
        )
    return cells


def _source_of(cell: Mapping[str, Any], number: int, path: str) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    if isinstance(source, str):
        return source
    raise NotebookFormatError(f'{path}: "source" of cell {number} is neither a text nor a list')


def _language_of(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata") or {}
    databricks = metadata.get("application/vnd.databricks.v1+notebook") or {}
    info = metadata.get("language_info") or {}
    named = str(databricks.get("language") or info.get("name") or "python").lower()
    return named if named in ("python", "sql", "scala", "r") else "python"


def _title_of(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata") or {}
    databricks = metadata.get("application/vnd.databricks.v1+cell") or {}
    return str(databricks.get("title") or "")


class _Cursor:
    """Finds the line of the JSON text on which a cell's source begins, cell after cell.

    Editors write one line of source per line of JSON, so the n-th line of the cell is n - 1 below.
    """

    def __init__(self, content: str) -> None:
        self._content = content
        self._position = 0

    def find(self, source: str) -> int | None:
        key = max(self._content.find(name, self._position) for name in ('"source"', '"input"'))
        if key < 0:
            return None
        self._position = key + 1
        first = source.split("\n", 1)[0]
        for ascii_only in (False, True):
            start = json.dumps(first, ensure_ascii=ascii_only)[:-1]
            found = self._content.find(start, key + len('"input"'))
            if source and found >= 0:
                self._position = found
                return self._content.count("\n", 0, found) + 1
        return None
