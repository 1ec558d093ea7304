"""Notebooks in the formats they are imported and exported in.

``SOURCE`` is a file of a language with marks in comments, ``JUPYTER`` is nbformat 4, ``HTML`` is a
page that holds the notebook as data. Source: Azure Databricks documentation, "Import and export
Databricks notebooks".
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import Any
from urllib.parse import quote, unquote

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.notebook.source import Cell, NotebookFormatError, parse

EXTENSIONS = {"PYTHON": "py", "SCALA": "scala", "SQL": "sql", "R": "r"}
LANGUAGES = {extension: language for language, extension in EXTENSIONS.items()}
COMMENTS = {"PYTHON": "#", "R": "#", "SCALA": "//", "SQL": "--"}
HEADER = "Databricks notebook source"
MODEL = re.compile(r"__DATABRICKS_NOTEBOOK_MODEL\s*=\s*'([^']*)'")


def header_language(content: str, extension: str = "") -> str | None:
    """The language that a source file's first line tells, if it is a notebook.

    ``#`` begins a comment in Python and in R: ``extension`` then decides.
    """
    first = content.removeprefix("\ufeff").lstrip("\n").partition("\n")[0].strip()
    hinted = LANGUAGES.get(extension.lower())
    if hinted and first == f"{COMMENTS[hinted]} {HEADER}":
        return hinted
    return next((lang for lang, mark in COMMENTS.items() if first == f"{mark} {HEADER}"), None)


def jupyter_language(content: str, path: str) -> str:
    """The language of an ipynb file; raises INVALID_PARAMETER_VALUE when it is none."""
    return _parsed(content, path, "PYTHON")[1]


def to_source(content: str, language: str, path: str) -> str:
    """A notebook (source format or ipynb) in source format."""
    if not content.lstrip().startswith("{"):
        return content
    return _source(
        [(_text(cell), cell.title) for cell in _parsed(content, path, language)[0]], language
    )


def to_jupyter(content: str, language: str, path: str) -> str:
    """A notebook (source format or ipynb) as nbformat 4."""
    if content.lstrip().startswith("{"):
        return content
    cells = [_jupyter_cell(cell) for cell in _parsed(content, path, language)[0]]
    document = {
        "cells": cells,
        "metadata": {
            "application/vnd.databricks.v1+notebook": {
                "language": language.lower(),
                "notebookName": path.rpartition("/")[2],
            },
            "language_info": {"name": language.lower()},
        },
        "nbformat": 4,
        "nbformat_minor": 0,
    }
    return json.dumps(document, indent=1)


def to_html(content: str, language: str, path: str) -> str:
    """A page that shows the notebook and can be imported again."""
    cells = [_text(cell) for cell in _parsed(content, path, language)[0]]
    name = path.rpartition("/")[2]
    model = {
        "version": "NotebookV1",
        "name": name,
        "language": language.lower(),
        "commands": [
            {"version": "CommandV1", "position": float(number), "command": text}
            for number, text in enumerate(cells, start=1)
        ],
    }
    encoded = base64.b64encode(quote(json.dumps(model)).encode()).decode()
    shown = "\n".join(f"<pre>{html.escape(text)}</pre>" for text in cells)
    return (
        f"<!DOCTYPE html>\n<html><head><meta charset='utf-8'><title>{html.escape(name)}</title>"
        f"</head><body>\n<h1>{html.escape(name)}</h1>\n{shown}\n"
        f"<script>var __DATABRICKS_NOTEBOOK_MODEL = '{encoded}';</script></body></html>\n"
    )


def from_html(content: str) -> tuple[str, str]:
    """Source and language of an exported page; raises INVALID_PARAMETER_VALUE."""
    match = MODEL.search(content)
    try:
        if match is None:
            raise ValueError("it holds no notebook")
        model = json.loads(unquote(base64.b64decode(match[1], validate=True).decode()))
        language = str(model["language"]).upper()
        commands = sorted(model["commands"], key=lambda command: float(command["position"]))
        texts = [(str(c["command"]), str(c.get("commandTitle") or "")) for c in commands]
        return _source(texts, language), language
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise exceptions.invalid_parameter(
            f"The HTML could not be imported as a notebook: {error}"
        ) from None


def _parsed(content: str, path: str, language: str) -> tuple[list[Cell], str]:
    try:
        notebook = parse(content, path, language.lower())
    except NotebookFormatError as error:
        raise exceptions.invalid_parameter(f"The notebook could not be imported: {error}") from None
    return list(notebook.cells), notebook.language.upper()


def _text(cell: Cell) -> str:
    """A cell as its author sees it, with the magic that ipynb keeps as a cell type."""
    if cell.language == "md" and not cell.source.lstrip().startswith("%"):
        return f"%md\n{cell.source}"
    return cell.source


def _source(cells: list[tuple[str, str]], language: str) -> str:
    """Texts and titles of cells in source format."""
    mark = COMMENTS.get(language)
    if mark is None:
        raise exceptions.invalid_parameter(f"Unknown language {language}")
    written = []
    for text, title in cells:
        lines = text.split("\n")
        if text.lstrip().startswith("%"):
            lines = [f"{mark} MAGIC {line}".rstrip() for line in lines]
        if title:
            lines.insert(0, f"{mark} DBTITLE 1,{title}")
        written.append("\n".join(lines))
    separator = f"\n\n{mark} COMMAND ----------\n\n"
    return f"{mark} {HEADER}\n{separator.join(written)}\n"


def _jupyter_cell(cell: Cell) -> dict[str, Any]:
    text = cell.source
    markdown = cell.language == "md"
    if markdown and text.lstrip().startswith("%"):
        first, _, rest = text.lstrip().partition("\n")
        text = "\n".join(part for part in (first.partition(" ")[2], rest) if part)
    shared = {"metadata": {}, "source": text.splitlines(keepends=True)}
    if markdown:
        return {"cell_type": "markdown", **shared}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **shared}
