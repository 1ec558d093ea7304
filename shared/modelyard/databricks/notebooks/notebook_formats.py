"""What an extension means, and whether two contents are the same notebook.

The workspace has no checksum of a notebook, so what it exports is compared with the file. An
export isn't the file byte for byte: it has a first line of its own, other line ends, and for
Jupyter other metadata. Only what a run would notice is compared; in doubt they differ, and the
notebook is imported once more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.files.local_files import LocalFile
from modelyard.errors import FileError

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Format:
    """How files of one extension are imported."""

    format: str
    language: str = ""
    """Asked for in the import; the formats without one carry it in themselves."""
    header: bytes = b""
    """The first line of an exported source."""

    @property
    def comparable(self) -> bool:
        """Whether an export can be compared. An HTML export never equals what was imported."""
        return self.format != "HTML"


FORMATS = {
    ".py": Format("SOURCE", "PYTHON", b"# Databricks notebook source"),
    ".scala": Format("SOURCE", "SCALA", b"// Databricks notebook source"),
    ".sql": Format("SOURCE", "SQL", b"-- Databricks notebook source"),
    ".r": Format("SOURCE", "R", b"# Databricks notebook source"),
    ".ipynb": Format("JUPYTER"),
    ".html": Format("HTML"),
}
"""By extension in lower case."""
PLAIN_FILE = Format("AUTO")
"""A workspace file: the import keeps it one, because it has no notebook's first line."""


def extension(name: str) -> str:
    """In lower case and with the dot; empty where there is none: ``Plot.R`` -> ``.r``."""
    stem, dot, end = name.rsplit("/", 1)[-1].rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def has_header(content: bytes) -> bool:
    """Whether a Python file begins as an exported notebook does."""
    first = content.removeprefix(BOM).split(b"\n", 1)[0]
    return first.rstrip() == FORMATS[".py"].header


def check_content(file: LocalFile, content: bytes) -> None:
    """See that a Jupyter notebook is one, before anything is sent.

    :raises FileError: with the line of the mistake.
    """
    if extension(file.name) != ".ipynb":
        return
    try:
        cells(content)
    except json.JSONDecodeError as error:
        failure = FileError(
            f"{file.path}:{error.lineno}:{error.colno}: this isn't a Jupyter notebook: {error.msg}",
            fix="correct the file at that place, or save it again from Jupyter",
        )
        failure.file, failure.line = str(file.path), error.lineno
        raise failure from None
    except (ValueError, TypeError) as error:
        raise FileError(
            f"{file.path} isn't a Jupyter notebook: {error}",
            fix="save it again from Jupyter, or add it to exclude",
        ) from None


def same(content: bytes, exported: bytes, kind: Format) -> bool:
    """Whether the file and the export are the same notebook, or the same plain file."""
    if kind == PLAIN_FILE:
        return content == exported
    if kind.format == "JUPYTER":
        try:
            return cells(content) == cells(exported)
        except (ValueError, TypeError):
            return False
    return kind.comparable and _source(content, kind) == _source(exported, kind)


def cells(content: bytes) -> list[tuple[str, str]]:
    """Type and source of each cell. Outputs and metadata don't count: no run depends on them.

    :raises ValueError, TypeError: when it isn't a Jupyter notebook of format 4.
    """
    try:
        document = json.loads(content.removeprefix(BOM).decode())
    except UnicodeDecodeError:
        raise ValueError("it isn't UTF-8") from None
    found = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ValueError("it has no list of cells (nbformat 4)")
    return [(str(cell.get("cell_type")), _text(cell)) for cell in found if _is_cell(cell)]


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict):
        raise TypeError("a cell isn't an object")
    return True


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _source(content: bytes, kind: Format) -> bytes:
    lines = content.removeprefix(BOM).replace(b"\r\n", b"\n").split(b"\n")
    if lines[0].rstrip() == kind.header:
        del lines[0]
    return b"\n".join(lines).strip(b"\n")
