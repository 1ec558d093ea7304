"""The line of a notebook that raised: in the workspace, and in the repository it came from."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelyard.databricks.files import workspace_tree
from modelyard.databricks.notebooks import notebook_cells, tracebacks
from modelyard.databricks.notebooks.notebook_cells import Cell
from modelyard.errors import ModelyardError
from modelyard.http import Session

log = logging.getLogger(__name__)

EXTENSIONS = (".py", ".ipynb", ".sql", ".scala", ".r", ".R", "")
"""What a notebook's file may end in; the workspace drops it."""
DEPTH = 3
"""How far ``%run`` is followed."""


@dataclass(frozen=True)
class SourceFolder:
    """The folder of the repository whose notebooks were imported into the workspace."""

    folder: str
    """As given, from the working directory."""
    imported_to: str = ""
    """The workspace folder; empty: find each notebook by the end of its path."""

    def file_of(self, notebook: str) -> Path | None:
        """The file that a notebook of the workspace came from, if it is in this folder.

        The path may have been written by remote code: nothing outside the folder is looked at.
        """
        root = Path(self.folder)
        for tail in self._tails(notebook):
            for extension in EXTENSIONS:
                file = root / f"{tail}{extension}"
                if file.is_file() and file.resolve().is_relative_to(root.resolve()):
                    return file
        return None

    def _tails(self, notebook: str) -> Iterator[str]:
        """Paths to try below the folder, the most exact first."""
        prefix = self.imported_to.rstrip("/") + "/"
        if self.imported_to:
            if notebook.startswith(prefix):
                yield notebook.removeprefix(prefix)
            return
        parts = PurePosixPath(notebook).parts[notebook.startswith("/") :]
        for start in range(len(parts)):
            yield "/".join(parts[start:])


@dataclass(frozen=True)
class FailingLine:
    """Where a notebook raised."""

    notebook: str
    """Path in the workspace: the run's, or one that it includes with ``%run``."""
    cell: int
    line: int
    """From 1 in the cell."""
    code: str
    """The line itself, as the traceback quotes it: untrusted."""
    file: str = ""
    """The file in the repository, with ``/``; empty where it isn't known."""
    file_line: int = 0

    @property
    def shown(self) -> str:
        """``notebook /Shared/wine/train, cell 4, line 3``."""
        cell = f", cell {self.cell}, line {self.line}" if self.cell else ""
        return f"notebook {self.notebook}{cell}"


def locate(
    session: Session, notebook: str, trace: str, source: SourceFolder | None = None
) -> FailingLine:
    """Find the line. What can't be found stays empty: this is the report of another error.

    The source is the repository's file where there is one, else the workspace's export.

    :param notebook: path of the notebook that the run was started with.
    """
    frame = tracebacks.own_frame(trace)
    if frame is None:
        return FailingLine(notebook, 0, 0, "")
    if frame.cell:
        # The traceback itself says where; the source is only needed for the file's line.
        file = source.file_of(frame.where) if source else None
        place = notebook_cells.find(_cells_of(file), frame.line, frame.code) if file else None
        return FailingLine(
            notebook=frame.where,
            cell=frame.cell,
            line=frame.line,
            code=frame.code,
            file=file.as_posix() if file else "",
            file_line=place.file_line if place else 0,
        )
    for path, file, cells in _sources(session, notebook, source):
        place = notebook_cells.find(cells, frame.line, frame.code)
        if place is not None:
            return FailingLine(
                path,
                place.cell,
                place.line,
                frame.code,
                file.as_posix() if file else "",
                place.file_line if file else 0,
            )
    return FailingLine(notebook, 0, 0, frame.code)


def _sources(
    session: Session, notebook: str, source: SourceFolder | None
) -> Iterator[tuple[str, Path | None, tuple[Cell, ...]]]:
    """The notebook, then those that it includes, nearest first."""
    waiting = [(notebook, 0)]
    seen: set[str] = set()
    while waiting:
        path, depth = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        file = source.file_of(path) if source else None
        cells = _cells_of(file) if file else _exported(session, path)
        yield path, file, cells
        if depth < DEPTH:
            waiting += [
                (posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), depth + 1)
                for name in notebook_cells.included(cells)
            ]


def _cells_of(file: Path) -> tuple[Cell, ...]:
    try:
        return notebook_cells.parse(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        log.debug("%s can't be read: %s", file, error)
        return ()


def _exported(session: Session, path: str) -> tuple[Cell, ...]:
    if not path.startswith("/"):
        return ()  # of a Git repository that isn't this one
    try:
        content = workspace_tree.export_content(session, path, format="SOURCE")
    except ModelyardError as error:
        log.debug("notebook %s can't be read: %s", path, error.what)
        return ()
    return notebook_cells.parse(content.decode("utf-8", errors="replace"))
