"""The cells of a notebook, run one after the other in one namespace; ``%run`` includes more."""

from __future__ import annotations

import asyncio
import importlib.util
import linecache
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from modelyard.local.notebook import python_cell, shell, spark, sql
from modelyard.local.notebook.dbutils import DBUtils
from modelyard.local.notebook.dbutils.library import RestartPython
from modelyard.local.notebook.dbutils.notebook import NotebookExit
from modelyard.local.notebook.display import Display
from modelyard.local.notebook.line_magics import CALL
from modelyard.local.notebook.magics import UsageError, run_magic
from modelyard.local.notebook.paths import PathMap
from modelyard.local.notebook.source import Cell, Notebook
from modelyard.local.notebook.tracebacks import Place
from modelyard.local.notebook.workspace import Workspace, absolute


class UnsupportedLanguage(Exception):
    """A cell is in a language that the local driver doesn't run."""


class Reporter(Protocol):
    """Hears of the cells of the notebook itself; not of those that ``%run`` includes."""

    def cells(self, cells: Sequence[Cell]) -> None:
        """All cells, before the first is run."""
        ...

    def begin(self, cell: Cell) -> None:
        """What is printed from now on belongs to ``cell``."""
        ...

    def end(self, cell: Cell, ok: bool, started: float, html: Sequence[str]) -> None:
        """``cell`` has ended; ``started`` in seconds since the epoch."""
        ...


@dataclass
class _Frame:
    path: str
    cell: Cell | None = None


class Session:
    """One run's Python side."""

    dbutils: DBUtils
    """Set by whoever makes the session; some utilities need the session itself."""

    def __init__(
        self, workspace: Callable[[], Workspace], paths: PathMap, reporter: Reporter
    ) -> None:
        self.paths = paths
        self.places: dict[str, Place] = {}
        """What the file names of code objects stand for."""
        self._workspace = workspace
        self._reporter = reporter
        self._display = Display()
        self._stack: list[_Frame] = []
        self._resume: list[int] = []
        self._unwinding: BaseException | None = None
        self._position: list[_Frame] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        # As on a cluster, classes of a notebook can be pickled: their module is the main one.
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace: dict[str, Any] = module.__dict__

    def provide(self, dbutils: DBUtils) -> None:
        """Give the notebook its predefined names."""
        self.dbutils = dbutils
        self.namespace.update(
            spark.names(),
            dbutils=dbutils,
            display=self._display.display,
            displayHTML=self._display.html,
            getArgument=dbutils.widgets.getArgument,
            **{CALL: lambda name, arguments: run_magic(self, name, arguments)},
        )

    @property
    def path(self) -> str:
        """Path of the notebook whose cell runs."""
        return self._stack[-1].path

    @property
    def where(self) -> Place | None:
        """The cell in which the exception that ended the notebook was raised."""
        frame = self._position[-1] if self._position else None
        if frame is None or frame.cell is None:
            return None
        return Place(frame.path, frame.cell.index, frame.cell.first_line)

    @property
    def resume(self) -> list[int]:
        """After RestartPython: the cell to go on with, in each notebook from the outermost in."""
        indices = [frame.cell.index for frame in self._position if frame.cell is not None]
        return [*indices[:-1], indices[-1] + 1]

    def run(self, path: str, resume: Sequence[int] = ()) -> None:
        """Run a notebook; raises what its cells raise."""
        self._resume = list(resume)
        self._run_notebook(path)

    def include(self, path: str, parameters: Mapping[str, str]) -> None:
        """``%run``: the cells of another notebook, in this namespace."""
        target = absolute(path, self.path)
        chain = [frame.path for frame in self._stack]
        if target in chain:
            raise UsageError("%run goes in a circle: " + " -> ".join([*chain, target]))
        self.dbutils.widgets.set_all(parameters)
        self._run_notebook(target)

    def run_file(self, path: str, content: bytes, arguments: Sequence[str]) -> None:
        """Run a Python file as ``python path arguments...`` would."""
        self.places[path] = Place(path)
        text = importlib.util.decode_source(content)
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        sys.argv = [path, *arguments]
        self.namespace["__file__"] = path
        exec(compile(content, path, "exec", dont_inherit=True), self.namespace)  # noqa: S102

    def execute_text(self, source: str) -> None:
        """Run a piece of Python in the namespace."""
        self._python(source, f"<{self.path}>")

    def _run_notebook(self, path: str) -> None:
        notebook = self._workspace().notebook(path)
        outermost = not self._stack
        start = self._resume.pop(0) if self._resume else 1
        if outermost and start == 1:
            self._reporter.cells(notebook.cells)
        frame = _Frame(path)
        self._stack.append(frame)
        try:
            for cell in notebook.cells[start - 1 :]:
                frame.cell = cell
                if outermost:
                    self._run_reported(notebook, cell)
                else:
                    self._run_cell(notebook, cell)
        except BaseException as error:
            if self._unwinding is not error:  # keep the innermost position
                self._unwinding = error
                self._position = [_Frame(f.path, f.cell) for f in self._stack]
            raise
        finally:
            self._stack.pop()

    def _run_reported(self, notebook: Notebook, cell: Cell) -> None:
        self._reporter.begin(cell)
        started = time.time()
        ok = False
        try:
            self._run_cell(notebook, cell)
            ok = True
        except (NotebookExit, RestartPython):
            ok = True
            raise
        finally:
            self._reporter.end(cell, ok, started, self._display.take())

    def _run_cell(self, notebook: Notebook, cell: Cell) -> None:
        if cell.language == "python":
            filename = f"<{notebook.path}, cell {cell.index}>"
            self.places[filename] = Place(notebook.path, cell.index, cell.first_line)
            self._python(cell.body, filename)
        elif cell.language == "sql":
            shown = self._display.display
            values = self.dbutils.widgets.getAll()
            self.namespace["_sqldf"] = sql.run(cell.body, spark.session(), values, shown)
        elif cell.language == "sh":
            shell.run_script(cell.body, self.paths)
        elif cell.language != "md":
            raise UnsupportedLanguage(
                f"this cell is in {cell.language.capitalize()}: the local driver runs Python, SQL "
                "and shell cells only"
            )

    def _python(self, source: str, filename: str) -> None:
        python_cell.run(source, filename, self.namespace, self._display.show, self._event_loop)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop
