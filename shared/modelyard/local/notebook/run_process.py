"""The process of one run: reads its notebook, runs it, tells how it ended."""

from __future__ import annotations

import json
import os
import posixpath
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from modelyard.local.notebook import bootstrap, spark
from modelyard.local.notebook.channel import Channel
from modelyard.local.notebook.child_run import ChildRuns
from modelyard.local.notebook.dbutils import Context, DBUtils
from modelyard.local.notebook.dbutils.fs import FileSystem
from modelyard.local.notebook.dbutils.jobs import Jobs, TaskValues
from modelyard.local.notebook.dbutils.library import Library, RestartPython
from modelyard.local.notebook.dbutils.notebook import NotebookExit, NotebookUtility
from modelyard.local.notebook.dbutils.secrets import Secrets
from modelyard.local.notebook.dbutils.widgets import Widgets
from modelyard.local.notebook.link import Link, flush
from modelyard.local.notebook.paths import PathMap
from modelyard.local.notebook.runs import NotebookRequest
from modelyard.local.notebook.session import Session
from modelyard.local.notebook.source import Cell
from modelyard.local.notebook.tracebacks import Failure, describe
from modelyard.local.notebook.verdict import TERMINATED
from modelyard.local.notebook.workspace import RestWorkspace, Workspace, without_prefix

EXIT_VALUE_LIMIT = 5_000_000
"""Characters of an exit value that are kept; Databricks says 5 MB."""


class Terminated(BaseException):
    """SIGTERM came: the run is to end. ``finally`` blocks and exit handlers get their chance."""


class _Reporter:
    def __init__(self, link: Link) -> None:
        self._link = link

    def cells(self, cells: Sequence[Cell]) -> None:
        keys = ("index", "language", "title", "source")
        listed = [{key: getattr(cell, key) for key in keys} for cell in cells]
        self._link.report("cells", cells=listed)

    def begin(self, cell: Cell) -> None:
        self._link.mark(cell.index)

    def end(self, cell: Cell, ok: bool, started: float, html: Sequence[str]) -> None:
        flush()
        facts = {
            "index": cell.index,
            "status": "success" if ok else "failed",
            "started": started,
            "seconds": time.time() - started,
            "html": list(html),
        }
        self._link.report("cell", cell=facts)


class Run:
    """One run, and what it needs."""

    def __init__(self, request: NotebookRequest, link: Link, state: Mapping[str, Any]) -> None:
        self.request = request
        self.link = link
        self.resume: list[int] = state.get("resume", [])
        self.folder = Path(os.environ["VIRTUAL_ENV"]).parent
        self.paths = PathMap(os.environ)
        self.widgets = Widgets(state.get("widgets", request.parameters))
        environment = dict(os.environ)

        @lru_cache(maxsize=1)
        def workspace() -> Workspace:
            host, token = (environment.get(f"DATABRICKS_{n}", "") for n in ("HOST", "TOKEN"))
            return RestWorkspace(host, token)

        self.workspace = workspace
        self.session = Session(workspace, self.paths, _Reporter(link))
        children = ChildRuns(request, self.folder, environment, link, lambda: self.session.path)
        values = Path(environment.get("MODELYARD_TASK_VALUES", self.folder / "task-values"))
        context = Context(request.notebook_path, request.run_id, request.context)
        dbutils = DBUtils(
            widgets=self.widgets,
            secrets=Secrets(workspace, link.redact),
            fs=FileSystem(self.paths),
            notebook=NotebookUtility(lambda: context, children.run),
            jobs=Jobs(TaskValues(values, request.context)),
            library=Library(),
        )
        self.session.provide(dbutils)
        _provide_modules(dbutils, self.session.namespace)
        spark.configure(self.folder / "spark", self.paths)

    def execute(self) -> dict[str, Any]:
        """Run it; returns the facts of the result."""
        try:
            self._go()
        except NotebookExit as exit_:
            value = exit_.value[:EXIT_VALUE_LIMIT]
            cut = len(value) < len(exit_.value)
            return {"status": "success", "exit_value": value, "truncated": cut}
        except (Terminated, RestartPython):
            raise
        except SystemExit as error:
            # A script may end itself with 0. In a notebook that is an error, as in IPython:
            # dbutils.notebook.exit is what ends one.
            if self.request.kind == "python" and error.code in (None, 0):
                return {"status": "success"}
            return self._failure(error)
        except BaseException as error:  # noqa: BLE001 - whatever leaves the notebook is its result
            return self._failure(error)
        return {"status": "success"}

    def _go(self) -> None:
        path = self.request.notebook_path
        if self.request.kind == "notebook":
            self._enter(f"/Workspace{posixpath.dirname(without_prefix(path))}")
            sys.argv = [path]
            self.session.run(path, self.resume)
        else:
            content, visible = self._file(path)
            self._enter(posixpath.dirname(visible))
            self.session.run_file(visible, content, self.request.arguments)

    def _file(self, path: str) -> tuple[bytes, str]:
        """Content of a Python file, and the path by which Python code would open it."""
        if path.startswith(("dbfs:/", "/dbfs/", "/Volumes/", "file:/")):
            visible = path.removeprefix("file:")
            if path.startswith("dbfs:"):
                visible = (
                    path[len("dbfs:") :]
                    if path.startswith("dbfs:/Volumes/")
                    else f"/dbfs{path[5:]}"
                )
            local = Path(visible)
            if not local.is_file():
                raise FileNotFoundError(f"Python file {path} does not exist")
            return local.read_bytes(), visible
        return self.workspace().file(path), f"/Workspace{without_prefix(path)}"

    def _enter(self, folder: str) -> None:
        """Work in the folder of the notebook, where this machine has it; import from it."""
        local = self.paths.file(folder) or folder
        if Path(local).is_dir():
            os.chdir(local)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - sys.path holds strings

    def _failure(self, error: BaseException) -> dict[str, Any]:
        failure: Failure = describe(error, self.session.places)
        if self.request.kind == "python":
            sys.stderr.write(f"{failure.traceback}\n")  # a script's log has it
        facts = {"status": "failed", **vars(failure)}
        where = self.session.where
        if failure.cell is None and failure.notebook is None and where is not None:
            facts.update(notebook=where.notebook, cell=where.cell, file_line=where.first_line)
        facts["notebook"] = facts["notebook"] or self.request.notebook_path
        return facts

    def restart(self) -> NoReturn:
        """Become a fresh interpreter that goes on behind the cell that asked for it."""
        flush()
        state = {
            "request": self.request.to_json(),
            "resume": self.session.resume,
            "widgets": self.widgets.getAll(),
            **self.link.hand_over(),
        }
        file = self.folder / "restart.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(state), encoding="utf-8")
        command = [sys.executable, bootstrap.__file__, "run", str(state["descriptor"]), str(file)]
        os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _provide_modules(dbutils: DBUtils, namespace: dict[str, Any]) -> None:
    """Modules that exist on clusters only: ``pyspark.dbutils``, and ``dbruntime`` for the SDK."""
    pyspark_dbutils = ModuleType("pyspark.dbutils")
    pyspark_dbutils.DBUtils = dbutils  # type: ignore[attr-defined]
    sys.modules["pyspark.dbutils"] = pyspark_dbutils
    dbruntime = ModuleType("dbruntime")
    initializer = SimpleNamespace(get_namespace_globals=lambda: namespace)
    dbruntime.UserNamespaceInitializer = SimpleNamespace(  # type: ignore[attr-defined]
        getOrCreate=lambda: initializer
    )
    sys.modules["dbruntime"] = dbruntime


def _handle_sigterm() -> None:
    run = os.getpid()

    def on_sigterm(*_: object) -> None:
        if os.getpid() != run:  # a worker that the notebook forked
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise Terminated

    signal.signal(signal.SIGTERM, on_sigterm)


def main(arguments: list[str]) -> None:
    """``DESCRIPTOR [STATE]``: a state file is left by :meth:`Run.restart`."""
    channel = Channel.inherited(int(arguments[0]))
    if len(arguments) > 1:
        file = Path(arguments[1])
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        file.unlink()
    else:
        state = channel.receive() or sys.exit("the supervisor is gone")
    for stream in (sys.stdout, sys.stderr):
        # A line that was printed must not be lost when the process is killed.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    link = Link(channel, state["nonce"])
    link.listen()
    try:
        _handle_sigterm()
        run = Run(NotebookRequest.from_json(state["request"]), link, state)
        facts = run.execute()
    except RestartPython:
        run.restart()
    except Terminated:
        sys.exit(TERMINATED)
    except BaseException:
        # A fault of the runtime itself, or of the environment: its log must tell.
        traceback.print_exc()
        raise
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    link.mark(0)
    link.report("finished", result=facts)
